"""The live stream: what is spoken comes out sample by sample, from near the line's edge on."""

import asyncio
import json
import struct
import uuid

import numpy as np
import pytest

from firmware.evidence.errors import NoSealError
from firmware.evidence.ids import CallId
from firmware.evidence.keys import ArchivePrivateKey
from sync.vault.console.sound.live import START_FRAMES, LiveSound
from sync.vault.uploads.part import Part

KEY, OTHER = ArchivePrivateKey.generate(), ArchivePrivateKey.generate()
CALL = CallId("d1", 7)


def messages(data):
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append((data[at + 4 : at + 5].decode(), data[at + 5 : at + 4 + length]))
        at += 4 + length
    return found


class Desk:
    """Sends pieces of a recording into a part, as the uploads do."""

    def __init__(self, tmp_path, sealed, sound, **more):
        self.pieces, _, _ = sealed("d1/7", "d1", str(uuid.uuid4()), [KEY.public], sound, **more)
        path = tmp_path / "000000000007.part"
        path.touch()
        self.part = Part(CALL, path, 0)

    def send(self, count):
        for piece in self.pieces[:count]:
            self.part.append(piece)
        del self.pieces[:count]
        self.part.announce()

    def finish(self):
        self.send(len(self.pieces))
        self.part.end()


async def collect(stream):
    return [message async for message in stream]


def hear(desk, *, before=1, keys=(KEY,)):
    """All messages of a listener who comes after `before` pieces."""

    async def listen():
        desk.send(before)
        stream = LiveSound(desk.part, keys, lambda _header, sample: sample // 8).messages()
        got = [await anext(stream)] if before > 2 else []
        task = asyncio.create_task(collect(stream))
        while desk.pieces:
            desk.send(1)
            await asyncio.sleep(0)
        desk.finish()
        return messages(b"".join(got + await asyncio.wait_for(task, 20)))

    return asyncio.run(listen())


@pytest.fixture
def sound():
    return np.random.default_rng(3).integers(-9000, 9000, 8000 * 6).astype("<i2")


def heard_samples(found):
    return np.concatenate([np.frombuffer(body[12:], "<i2") for letter, body in found if letter == "P"])


def test_from_the_first_second(tmp_path, sealed, sound):
    found = hear(Desk(tmp_path, sealed, sound), before=0)
    assert found[0][0] == "H"
    assert found[-1][0] == "Z"
    assert json.loads(found[0][1]) == {"rate_hz": 8000, "channels": 1, "first_sample": 0}
    assert np.array_equal(heard_samples(found), sound)


def test_who_comes_late_hears_the_edge(tmp_path, sealed, sound):
    found = hear(Desk(tmp_path, sealed, sound), before=6)  # intro, event, four seconds
    hello = json.loads(found[0][1])
    first = (4 - START_FRAMES) * 8000
    assert hello["first_sample"] == first
    assert np.array_equal(heard_samples(found), sound[first:])
    starts = [struct.unpack_from(">QI", body) for letter, body in found if letter == "P"]
    assert [start for start, _ in starts] == list(range(first, len(sound), 8000))
    assert [late for _, late in starts] == [(start + 8000) // 8 for start, _ in starts]  # of the last sample


def test_gaps_and_events_are_told(tmp_path, sealed, sound):
    found = hear(Desk(tmp_path, sealed, sound, gap=(16_000, 4_000)), before=2)
    gap = next(body for letter, body in found if letter == "G")
    assert struct.unpack(">QI", gap) == (24_000, 4_000)
    starts = [struct.unpack_from(">Q", body)[0] for letter, body in found if letter == "P"]
    assert starts == [0, 8000, 16_000, 28_000, 36_000, 44_000]


def test_the_key_that_fits_is_found(tmp_path, sealed, sound):
    found = hear(Desk(tmp_path, sealed, sound), keys=(OTHER, KEY))
    assert np.array_equal(heard_samples(found), sound)


def test_no_key_fits(tmp_path, sealed, sound):
    with pytest.raises(NoSealError):
        hear(Desk(tmp_path, sealed, sound), keys=(OTHER,))

"""Parts, objects, live state and lists on a real disk, without a server."""

import asyncio
import os
import resource
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.evidence.ids import CallId
from sync.vault.catalogue.coverage import coverage
from sync.vault.catalogue.database import Catalogue
from sync.vault.catalogue.desks import enrol
from sync.vault.catalogue.numbers import normal, number_clause
from sync.vault.catalogue.paging import cursor, read_cursor
from sync.vault.errors import ObjectError, Refused
from sync.vault.events import QUEUE, Event, Events
from sync.vault.ingest.live import LiveDesks
from sync.vault.objects.filesystem import FilesystemStore
from sync.vault.uploads.part import Part
from sync.vault.uploads.store import UploadStore
from sync.wire.errors import WireError

CALL = CallId("sh01-d017", 42)


@contextmanager
def disk_of(size):
    """No file may grow beyond `size` bytes: write(2) fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path / "catalogue.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def part(tmp_path):
    path = tmp_path / "part"
    path.touch()
    return Part(CALL, path, 0)


def test_a_full_disk_leaves_the_part_as_it_was(part):
    part.append(b"offhook-recording/1\n" * 50)
    with disk_of(1500), pytest.raises(ObjectError, match="cannot be written"):
        part.append(bytes(1000))
    assert (part.size, part.path.stat().st_size) == (1000, 1000)
    part.append(b"x")
    assert part.path.stat().st_size == 1001


def test_hash_and_walk_are_the_same_after_a_restart(part):
    pieces = [os.urandom(700) for _ in range(5)]
    for piece in pieces[:3]:
        part.append(piece)
    again = Part(CALL, part.path, part.path.stat().st_size)
    for piece in pieces[3:]:
        part.append(piece)
        again.size = part.size - len(piece)
    fresh = Part(CALL, part.path, part.size)
    assert fresh.digest() == part.digest()
    assert fresh.broken == part.broken != ""


def test_who_follows_gets_every_byte_once_and_then_the_end(part, tmp_path):
    async def run():
        got = bytearray()

        async def follow():
            async for data in part.follow(3):
                got.extend(data)

        following = asyncio.create_task(follow())
        for piece in (b"abcdef", b"", b"ghi" * 50_000, b"z"):
            await asyncio.to_thread(part.append, piece)
            part.announce()
            await asyncio.sleep(0)
        os.rename(part.path, tmp_path / "elsewhere")
        part.end()
        await asyncio.wait_for(following, 20)
        return bytes(got)

    assert asyncio.run(run()) == (b"abcdef" + b"ghi" * 50_000 + b"z")[3:]


class TestObjects:
    """What every ObjectStore must do."""

    @pytest.fixture(params=["filesystem"])
    def store(self, request, tmp_path):
        (tmp_path / "objects").mkdir()
        return {"filesystem": FilesystemStore}[request.param](tmp_path / "objects")

    def test_adopt_open_size(self, store, tmp_path):
        part = tmp_path / "part"
        part.write_bytes(b"bytes")
        assert store.size(CALL) is None
        with pytest.raises(ObjectError):
            store.open(CALL)
        store.adopt(part, CALL)
        part.unlink()
        assert store.size(CALL) == 5
        with store.open(CALL) as file:
            assert file.read() == b"bytes"

    def test_adopt_is_idempotent_and_never_overwrites(self, store, tmp_path):
        part, other = tmp_path / "part", tmp_path / "other"
        part.write_bytes(b"bytes")
        other.write_bytes(b"other")
        store.adopt(part, CALL)
        store.adopt(part, CALL)
        with pytest.raises(ObjectError, match="other bytes"):
            store.adopt(other, CALL)
        with store.open(CALL) as file:
            assert file.read() == b"bytes"

    def test_a_part_that_is_gone_is_said(self, store, tmp_path):
        with pytest.raises(ObjectError):
            store.adopt(tmp_path / "gone", CALL)
        assert store.size(CALL) is None


def test_uploads_are_what_the_folder_says(tmp_path, catalogue):
    root = tmp_path / "uploads"
    (root / "sh01-d017").mkdir(parents=True)
    (root / "sh01-d017" / "000000000042.part").write_bytes(b"12345")
    store = UploadStore(root, catalogue)
    assert store.part(CALL).size == 5
    assert store.part(CallId("sh01-d017", 1)) is None

    async def create():
        parts = await asyncio.gather(*(store.create(CallId("sh01-d018", 1), 7) for _ in range(5)))
        await store.create(CALL, 9)
        return parts

    assert len(set(map(id, asyncio.run(create())))) == 1
    again = UploadStore(root, catalogue)
    assert {part.call.desk: (part.size, part.length) for part in again.running()} == {
        "sh01-d017": (5, 9),
        "sh01-d018": (0, 7),
    }
    (root / "sh01-d017" / "x.part").touch()
    with pytest.raises(ObjectError, match="no upload of ours"):
        UploadStore(root, catalogue)


def state(word, session):
    return f'{{"state":"{word}","session":"{session}","at":"2026-11-22T08:00:00.000000Z"}}'.encode()


def test_the_will_of_an_older_connection_says_nothing(catalogue):
    live = LiveDesks(catalogue, Events())
    assert live.take("d", "state", state("online", "s1"))
    assert live.take("d", "state", state("online", "s2"))
    assert not live.take("d", "state", state("offline", "s1"))
    assert live.get("d").online
    live.take("d", "state", state("offline", "s2"))
    assert not live.get("d").online
    with pytest.raises(WireError):
        live.take("d", "health", b"{}")


def test_live_state_is_there_after_a_restart(catalogue):
    live = LiveDesks(catalogue, Events())
    live.take("d", "state", state("stopped", "s1"))
    live.take("d", "call", b'{"state":"ringing","at":"2026-11-22T08:00:00.000000Z"}')
    asyncio.run(live.flush())
    again = LiveDesks(catalogue, Events()).get("d")
    assert again == live.get("d")
    assert (again.state.state, again.call.state, again.health) == ("stopped", "ringing", None)


def test_a_slow_listener_loses_the_oldest_and_nobody_waits():
    events = Events()

    async def run():
        with events.subscribe() as subscription:
            for number in range(QUEUE + 10):
                events.publish(Event("call", "d", str(number)))
            events.close()
            return [event.call async for event in subscription]

    got = asyncio.run(run())
    assert got == [str(number) for number in range(11, QUEUE + 10)]


def test_a_desk_has_a_bounded_number_of_open_uploads(catalogue, tmp_path):
    """A key that was stolen fills no disk; other desks, and the calls that run already, go on."""
    root = tmp_path / "bounded"
    root.mkdir()
    store = UploadStore(root, catalogue, most_open=2)

    async def create():
        first, _ = [await store.create(CallId("d-1", seq), None) for seq in (1, 2)]
        for seq in range(3, 100):
            with pytest.raises(Refused, match="ledger entries") as refused:
                await store.create(CallId("d-1", seq), None)
            assert refused.value.status == 429
        assert await store.create(CallId("d-1", 1), None) is first
        await store.create(CallId("d-2", 1), None)
        await store.remove(first)
        await store.create(CallId("d-1", 3), None)

    asyncio.run(create())
    assert len(list(root.glob("*/*.part"))) == 3
    assert not store._creating


def at(seconds):
    return f"2026-11-22T08:00:{seconds:09.6f}Z"


def test_coverage_counts_what_lies_within_the_off_hook_time(catalogue):
    """Each call is off-hook from second 10 to second 20; in the last two the recorder was lost."""
    columns = ("seq", "state", "started_at", "ended_at", "samples", "lost_samples", "sha256", "off_hook_ms")
    rows = [
        (1, "recorded", at(8), at(20.8), 102_400, 0, "whole", 10_000),
        (2, "recorded", at(8), at(20.8), 102_400, 8_000, "a second lost", 10_000),
        (3, "recorded", at(8), at(16), 64_000, 0, "ended early", 10_000),
        (4, "recorded", at(12), at(20.8), 70_400, 0, "began late", 10_000),
        (5, "not_recorded", None, None, None, None, None, 10_000),
        (6, "recorded", at(8), at(2), 64_000, 0, "ended early, and the clock was set back", 10_000),
        (7, "recorded", at(8), at(14), 48_000, 0, "lost at 14, nobody recorded for 7 s", None),
        (8, "not_recorded", None, None, None, None, None, None),
    ]

    def fill(db):
        enrol(db, desk="d", site="s", public_key=b"k")
        for row in rows:
            call = dict(zip(columns, row, strict=True)) | {"desk": "d", "site": "s"}
            call |= {"off_hook_at": at(10), "on_hook_at": at(20) if call["off_hook_ms"] else None}
            call |= {"not_recorded_s": 0 if call["off_hook_ms"] else 7}
            names = ", ".join(call)
            db.execute(f"INSERT INTO calls ({names}) VALUES ({', '.join('?' * len(call))})", [*call.values()])

    catalogue.write_now(fill)
    found = coverage(catalogue.reader, desk="d", since="2026-11-22", until="2026-11-23")
    assert (found.calls, found.off_hook_ms, found.missing) == (8, 60_000 + 11_000 + 7_000, 2)
    assert found.recorded_ms == 10_000 + 9_000 + 6_000 + 8_000 + 6_000 + 4_000
    assert 55.1 < found.percent < 55.2
    none = coverage(catalogue.reader, since="2027", until="2028")
    assert none.percent is None


@given(st.tuples(st.text(), st.text(), st.integers(-(2**63), 2**63 - 1)))
def test_cursors_come_back(values):
    assert read_cursor(cursor(*values), tuple[str, str, int]) == values


@pytest.mark.parametrize("text", ["zzz", "!", "W10", "WzEsMiwzXQ", "\u0101", "e30", "A"])
def test_other_cursors_are_refused(text):
    with pytest.raises(Refused, match="no cursor"):
        read_cursor(text, tuple[str, str, int])


@given(st.text())
def test_any_search_for_a_number_is_safe(text):
    clause, values = number_clause(text)
    assert clause in {number_clause(known)[0] for known in ("1", "1*", "*1")}
    assert all(set(value) <= set("0123456789*#+\x7f") for value in values)
    assert normal(text) == normal(normal(text))

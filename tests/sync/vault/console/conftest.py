"""People at the console: over plain HTTP here, in a real browser in test_console_browser.py."""

import re
from urllib.parse import urlencode

import numpy as np
import pytest
import urllib3

from firmware.evidence.ids import CallId
from firmware.evidence.recording import (
    AudioFormat,
    Header,
    encode_audio,
    encode_end,
    encode_event,
    encode_gap,
)
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.times import format_utc, parse_utc
from sync.vault.catalogue import recordings
from sync.vault.commands.lists import reader

STARTED = format_utc(parse_utc("2026-11-22T08:00:00.000000Z"))


def tone(seconds, hz=440, level=0.5):
    at = np.arange(int(seconds * 8000))
    return (np.sin(2 * np.pi * hz * at / 8000) * level * 32767).astype("<i2")


def sealed(call, desk, boot, recipients, sound, *, gap=None, codec="pcm_s16le", started=STARTED):
    """Pieces of a recording of `sound` (int16, mono), frame by frame. `gap`: (at, lost) samples."""
    audio = AudioFormat(channels=1, codec=codec, frame_ms=100, rate_hz=8000)
    sealer = RecordingSealer(
        Header(audio=audio, boot=boot, call=call, desk=desk, started=started), recipients
    )
    pieces, at, lost = [sealer.intro], 0, 0
    pieces.append(sealer.seal(encode_event({"at_ms": 0, "kind": "off_hook"})))
    for start in range(0, len(sound), 8000):
        second = sound[start : start + 8000]
        packets = [second[i : i + 800].tobytes() for i in range(0, len(second), 800)]
        pieces.append(sealer.seal(encode_audio(at, packets)))
        at += len(second)
        if gap and start == gap[0]:
            pieces.append(sealer.seal(encode_gap(at, gap[1], "overflow")))
            at, lost = at + gap[1], gap[1]
    end = {"ended_by": "on_hook", "gaps": int(bool(gap)), "lost_samples": lost, "samples": at}
    pieces.append(sealer.seal(encode_end(end), last=True))
    return pieces, sealer.frames, at


def held(vault, desk, seq):
    """The vault has committed it: its name in the store comes a moment before."""
    with reader(vault.settings) as db:
        return recordings.recording(db, CallId(desk.id, seq)) is not None


class Person:
    """A browser without scripts: cookies, forms, redirects that are not followed."""

    def __init__(self, vault, language="en"):
        self.vault, self.cookies = vault, {"offhook_language": language}
        self._http = urllib3.PoolManager(
            ca_certs=str(vault.folder / "ca" / "ca.crt"), retries=False, timeout=20
        )

    def ask(self, method, path, body=None, preload=True, **headers):
        names = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Accept": "text/html"}
        names |= {key.replace("_", "-"): value for key, value in headers.items()}
        data = None
        if body is not None:
            data, names["Content-Type"] = urlencode(body), "application/x-www-form-urlencoded"
        answer = self._http.request(
            method,
            self.vault.url + path,
            body=data,
            headers=names,
            redirect=False,
            preload_content=preload,
        )
        for cookie in answer.headers.getlist("set-cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def page(self, path):
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status, answer.data[:500])
        return answer.data.decode()

    def log_in(self, login="admin", password=None, **changes):
        token = re.search(r'name="csrf" value="([^"]+)"', self.get("/login").data.decode())[1]
        form = {"login": login, "password": password or self.vault.password, "csrf": token, "next": "/calls"}
        return self.ask("POST", "/login", form | changes)


@pytest.fixture(name="sealed")
def _sealed():
    return sealed


@pytest.fixture(name="held")
def _held():
    return held


@pytest.fixture(name="tone")
def _tone():
    return tone


@pytest.fixture
def stranger(vault):
    return Person(vault)


@pytest.fixture
def make_person():
    def make(vault):
        person = Person(vault)
        assert person.log_in().status == 303
        return person

    return make


@pytest.fixture
def admin(vault, make_person):
    return make_person(vault)


@pytest.fixture
def speak(vault, desk, wait_until):
    """Makes a whole call of `sound` at `desk`, and waits until the vault holds it. Returns (desk, seq)."""

    def make(sound=None, gap=None, details=None, **changes):
        sound = tone(3) if sound is None else sound

        def record(_seconds, seq, _packet):
            keys = [vault.archive.public]
            call = f"{desk.id}/{seq}"
            pieces, frames, samples = sealed(call, desk.id, desk.boot, keys, sound, gap=gap)
            return b"".join(pieces), frames, samples

        desk.record = record
        counts = {"gaps": 1, "lost_samples": gap[1]} if gap else {}
        seq, data = desk.call(details=details, **(counts | changes))
        desk.send()
        desk.upload(seq, data)
        wait_until(lambda: held(vault, desk, seq))
        return desk, seq

    return make


NUMBERS = {"numbers": [{"digits": "13800138000", "role": "caller", "source": "line", "confidence": 1000}]}


@pytest.fixture
def numbers():
    return NUMBERS

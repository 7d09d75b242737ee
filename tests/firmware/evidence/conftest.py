"""A case: a desk with its ledger, recordings and receipts, as folders lie on a real one."""

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from firmware.evidence.chain import sign_checkpoint
from firmware.evidence.entry import FIRST_PREV, Entry
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.receipt import Receipt, receipt_sha256
from firmware.evidence.recording import (
    AudioFormat,
    Header,
    encode_audio,
    encode_end,
    encode_event,
    encode_gap,
)
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.times import format_utc

DESK = "sh01-d017"
BOOT = "5f0c1f1e-6f0a-4c57-9d63-0a2a6b3d9c11"
START = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(scope="session")
def archive_key():
    return ArchivePrivateKey.generate()


@pytest.fixture(scope="session")
def desk_key():
    return SigningKey.generate()


@pytest.fixture(scope="session")
def vault_key():
    return SigningKey.generate()


def make_header(seq=4, codec="pcm_s16le", channels=1, frame_ms=100):
    audio = AudioFormat(channels=channels, codec=codec, frame_ms=frame_ms, rate_hz=8000)
    return Header(audio=audio, boot=BOOT, call=f"{DESK}/{seq}", desk=DESK, started=format_utc(START))


def make_recording(key, seq=4, seconds=2, gap=0):
    """Bytes of a PCM recording: `seconds` of audio, with a gap of `gap` samples behind it."""
    sealer = RecordingSealer(make_header(seq), [key.public])
    frames = [sealer.seal(encode_event({"at_ms": 0, "kind": "off_hook"}))]
    frames += [sealer.seal(encode_audio(8000 * n, [bytes([n + 1]) * 1600] * 10)) for n in range(seconds)]
    if gap:
        frames.append(sealer.seal(encode_gap(8000 * seconds, gap, "overflow")))
    summary = {
        "ended_by": "on_hook",
        "gaps": int(gap > 0),
        "lost_samples": gap,
        "samples": 8000 * seconds + gap,
    }
    return sealer.intro + b"".join([*frames, sealer.seal(encode_end(summary), last=True)])


class Desk:
    """Writes a desk's state folder: ledger.sqlite3 and spool/."""

    def __init__(self, root, *, archive, desk, vaults):
        self.root, self.archive, self.key, self.vaults = root, archive, desk, vaults
        self.entries = []
        for folder in ("recording", "waiting", "delivered", "receipts"):
            (root / "spool" / folder).mkdir(parents=True)
        self.ledger = root / "ledger.sqlite3"
        self.append(
            "enrolled",
            {
                "public_key": desk.public.base64,
                "recipients": [],
                "vaults": [{"name": name, "public_key": key.public.base64} for name, key in vaults.items()],
            },
        )

    def append(self, kind, body, **more):
        prev = self.entries[-1].hash if self.entries else FIRST_PREV
        seq = len(self.entries) + 1
        at = format_utc(START + timedelta(seconds=seq))
        given = {"at": at, "boot": BOOT, "desk": DESK, "mono_ns": seq, "prev": prev, "seq": seq, **more}
        entry = Entry(kind=kind, body=body, **given)
        self.entries.append(entry)
        return entry

    def checkpoint(self):
        prev, seq = self.entries[-1].hash, len(self.entries) + 1
        at = format_utc(START + timedelta(seconds=seq))
        sig = sign_checkpoint(self.key, DESK, seq, prev, at)
        body = {"head": prev, "off_hook_ms": 0, "recorded_ms": 0, "quiet": False, "sig": sig}
        return self.append("checkpoint", body)

    def call(self, *, receipts=True, gap=0, **changes):
        """A call from off-hook to receipts. Its recording's path."""
        seq = self.append("off_hook", {}).seq
        call = f"{DESK}/{seq}"
        data = make_recording(self.archive, seq, gap=gap)
        path = self.root / "spool" / "delivered" / f"{seq:012d}.ohr"
        path.write_bytes(data)
        self.append("on_hook", {"call": call})
        stated = self.stated(call, data, gap=gap)
        self.append("recording", stated | changes)
        if receipts:
            self.receipts(call, stated, seq)
        return path

    def stated(self, call, data, *, gap=0):
        at = format_utc(START)
        return {
            "call": call,
            "ended": at,
            "ended_by": "on_hook",
            "frames": 4 + int(gap > 0),
            "gaps": int(gap > 0),
            "lost_samples": gap,
            "samples": 16_000 + gap,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "started": at,
        }

    def receipts(self, call, stated, seq):
        for name, key in self.vaults.items():
            about = {field: stated[field] for field in ("call", "frames", "sha256", "size")}
            text = Receipt(**about, stored_at=format_utc(START), vault=name).sign(key)
            (self.root / "spool" / "receipts" / f"{seq:012d}.{name}.jws").write_text(text)
            self.append("receipt", {"call": call, "vault": name, "sha256": receipt_sha256(text)})

    def write(self, rows=None):
        """The ledger as SQLite; `rows` instead of the entries' own."""
        self.ledger.unlink(missing_ok=True)
        db = sqlite3.connect(self.ledger)
        db.execute("CREATE TABLE ledger(seq INTEGER PRIMARY KEY, kind TEXT, at TEXT, entry BLOB)")
        own = [(entry.seq, entry.kind, entry.at, entry.raw) for entry in self.entries]
        db.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?)", own if rows is None else rows)
        db.commit()
        db.close()
        return self


@pytest.fixture(scope="session")
def make_desk(archive_key, desk_key, vault_key):
    vaults = {"a": vault_key, "b": SigningKey.generate()}
    return lambda root: Desk(root, archive=archive_key, desk=desk_key, vaults=vaults)


@pytest.fixture
def desk(tmp_path, make_desk):
    return make_desk(tmp_path / "desk")


@pytest.fixture
def header():
    return make_header()


@pytest.fixture(scope="session")
def recordings(archive_key):
    """Makes recordings sealed to the archive's key: `recordings(seq=4, seconds=2, gap=0)`."""
    return lambda **options: make_recording(archive_key, **options)

"""Every vector, by our code and by the independent reader, with the outcome that the index says."""

import base64
import hashlib
import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import firmware.evidence
from firmware.evidence.chain import verify_chain
from firmware.evidence.entry import Entry
from firmware.evidence.errors import EvidenceError, FormatError, NoSealError
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.looking import look_at_recording
from firmware.evidence.opening import RecordingOpener
from firmware.evidence.receipt import Receipt
from firmware.evidence.recording import Frame
from firmware.evidence.timeline import Timeline
from firmware.evidence.token import check_token, token_desk

VECTORS = Path(firmware.evidence.__file__).parent / "vectors"
INDEX = json.loads((VECTORS / "index.json").read_text(encoding="utf-8"))


def _reader():
    path = Path(__file__).parent / "independent_reader.py"
    spec = importlib.util.spec_from_file_location("independent_reader", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = _reader()


def rows(kind, wanted=lambda _: True):
    chosen = [row for row in INDEX[kind] if wanted(row)]
    return pytest.mark.parametrize("row", chosen, ids=lambda row: row.get("name") or Path(row["file"]).stem)


def pem(name):
    return (VECTORS / "keys" / f"{name}.pem").read_bytes()


def open_in_pieces(data, key, size):
    """(outcome, frames, opener) when fed `size` bytes at a time."""
    opener, frames = RecordingOpener(key), list[Frame]()
    try:
        for at in range(0, len(data), size):
            frames += opener.feed(data[at : at + size])
        opener.finish()
    except NoSealError:
        return "no_seal", frames, opener
    except EvidenceError:
        return "refused", frames, opener
    if opener.header is None:
        return "refused", frames, opener
    return ("complete" if opener.complete else "interrupted"), frames, opener


@rows("recordings")
def test_recording(row):
    data, key = (VECTORS / row["file"]).read_bytes(), ArchivePrivateKey.from_pem(pem(row["key"]))
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    for size in (len(data) or 1, 97, 1):
        outcome, frames, opener = open_in_pieces(data, key, size)
        assert (outcome, len(frames)) == (row["outcome"], row["frames"])
    if outcome != "refused":
        assert opener.complete == (outcome == "complete")
    if "torn_bytes" in row:
        assert opener.finish() == row["torn_bytes"]


def take_all(timeline, frames):
    for frame in frames:
        timeline.take(frame)


@rows("recordings", lambda row: row["outcome"] in ("complete", "interrupted"))
def test_recording_timeline(row):
    data, key = (VECTORS / row["file"]).read_bytes(), ArchivePrivateKey.from_pem(pem(row["key"]))
    _, frames, opener = open_in_pieces(data, key, len(data))
    timeline = Timeline(opener.header.audio)
    if row.get("timeline") == "broken":
        with pytest.raises(FormatError):
            take_all(timeline, frames)
    else:
        take_all(timeline, frames)
        assert timeline.samples == row["samples"]


@rows("recordings")
def test_recording_by_an_independent_reader(row):
    data = (VECTORS / row["file"]).read_bytes()
    keys = reader.load_archive_key(pem(row["key"]))
    try:
        _, frames, complete = reader.read_recording(data, keys)
    except reader.NotForThisKey:
        outcome, count = "no_seal", 0
    except reader.Refused as error:
        outcome, count = "refused", error.frames
    else:
        outcome, count = ("complete" if complete else "interrupted"), len(frames)
    assert (outcome, count) == (row["outcome"], row["frames"])


@rows("recordings")
def test_recording_without_a_key(row):
    """Walking needs no key and never raises; a whole structure has as many frames as open, or more."""
    data = (VECTORS / row["file"]).read_bytes()
    facts = look_at_recording([data], path="", name="", key=None, progress=lambda _: None)
    assert facts.sha256 == row["sha256"]
    if row["outcome"] in ("complete", "interrupted"):
        assert (facts.fault, facts.frames) == ("", row["frames"])
        assert facts.torn_bytes == row.get("torn_bytes", facts.torn_bytes)


@rows("entries")
def test_entry(row):
    data = base64.b64decode(row["data"])
    if row["outcome"] == "good":
        assert Entry.parse(data).raw == data
    else:
        with pytest.raises(FormatError):
            Entry.parse(data)


@rows("chains")
def test_chain(row):
    entries = [base64.b64decode(data) for data in row["entries"]]
    report = verify_chain(entries, SigningKey.from_pem(pem(row["key"])).public)
    assert ("whole" if report.whole else "broken") == row["outcome"]
    if report.problems:
        assert (report.problems[0].rule, report.problems[0].seq) == (row["rule"], row["seq"])


@rows(
    "chains", lambda row: not row["name"].startswith(("new_chain", "enrolled", "other_"))
)  # plain chains only
def test_chain_by_an_independent_reader(row):
    entries = [base64.b64decode(data) for data in row["entries"]]
    desk_key = SigningKey.from_pem(pem(row["key"])).public.raw
    if row["outcome"] == "whole":
        assert reader.read_chain(entries, desk_key) == sum(b'"kind":"checkpoint"' in data for data in entries)
    else:
        with pytest.raises(reader.Refused):
            reader.read_chain(entries, desk_key)


@rows("receipts")
def test_receipt(row):
    key = SigningKey.from_pem(pem(row["key"])).public
    if row["outcome"] == "good":
        receipt = Receipt.verify(row["text"], key)
        assert receipt == Receipt.read_unverified(row["text"])
        assert reader.read_receipt(row["text"], key.raw)["call"] == receipt.call
    else:
        with pytest.raises(EvidenceError):
            Receipt.verify(row["text"], key)


@rows("tokens")
def test_token(row):
    key, now = SigningKey.from_pem(pem(row["key"])).public, datetime.fromtimestamp(row["now"], UTC)
    if row["outcome"] == "good":
        assert check_token(row["text"], key, row["audience"], now) == token_desk(row["text"])
    else:
        with pytest.raises(EvidenceError):
            check_token(row["text"], key, row["audience"], now)


def test_every_file_is_in_the_index():
    there = {path.name for path in (VECTORS / "recordings").iterdir()}
    assert there == {Path(row["file"]).name for row in INDEX["recordings"]}

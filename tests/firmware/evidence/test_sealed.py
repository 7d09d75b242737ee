"""Sealing, opening and walking, whole and in pieces."""

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.evidence.errors import EvidenceError, FormatError, NoSealError, OpenError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import RecordingOpener, open_recording
from firmware.evidence.recording import MAX_PLAINTEXT, EndFrame, Header, Seal, encode_end, encode_event
from firmware.evidence.sealing import RecordingSealer, file_key_info
from firmware.evidence.unsealing import open_file_key
from firmware.evidence.walking import FrameWalker, torn_tail

END = encode_end({"ended_by": "on_hook", "gaps": 0, "lost_samples": 0, "samples": 0})
EVENT = encode_event({"at_ms": 0, "kind": "off_hook"})


def cuts(data, points):
    edges = [0, *sorted(point % (len(data) + 1) for point in points), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 10**9), max_size=12))
@settings(deadline=None, max_examples=40)
def test_pieces_of_any_size_open_and_walk_alike(recordings, archive_key, points):
    data = recordings()
    opener, walker, frames = RecordingOpener(archive_key), FrameWalker(), []
    for piece in cuts(data, points):
        frames += opener.feed(piece)
        walker.feed(piece)
    assert opener.finish() == walker.torn_bytes == 0
    assert opener.complete
    assert len(frames) == walker.frames == opener.frames == 4
    assert walker.whole_bytes == len(data)
    assert walker.header == opener.header


@given(st.integers(0, 10**9), st.integers(0, 255))
@settings(deadline=None, max_examples=150)
def test_no_byte_can_be_changed_unnoticed(recordings, archive_key, at, byte):
    data = recordings()
    at %= len(data)
    changed = data[:at] + bytes([byte]) + data[at + 1 :]
    opener = RecordingOpener(archive_key)
    try:
        opener.feed(changed)
        opener.finish()
    except EvidenceError:
        return
    assert changed == data or not opener.complete  # a length made larger: the rest looks torn


@given(st.integers(0, 10**9))
@settings(deadline=None, max_examples=60)
def test_every_cut_keeps_the_whole_frames_before_it(recordings, archive_key, tmp_path_factory, at):
    data = recordings()
    cut = data[: at % len(data)]
    opener, walker = RecordingOpener(archive_key), FrameWalker()
    frames = opener.feed(cut)
    walker.feed(cut)
    assert not opener.complete
    assert len(frames) == walker.frames
    path = tmp_path_factory.mktemp("torn") / "x.ohr"
    path.write_bytes(cut)
    assert torn_tail(path) == walker.whole_bytes == len(cut) - walker.torn_bytes
    mended = RecordingOpener(archive_key)
    assert len(mended.feed(cut[: walker.whole_bytes])) == len(frames)
    assert mended.finish() == 0


@pytest.mark.parametrize("tail", [bytes(5000), b"\xff" * 5000, b"\0\0\0\x10" + bytes(16)])
def test_junk_behind_the_last_frame_is_torn(recordings, tmp_path, tail):
    path = tmp_path / "x.ohr"
    path.write_bytes(recordings() + tail)
    assert torn_tail(path) == len(recordings())


@pytest.mark.parametrize(
    "data", [b"", b"offhook", bytes(3000), b"offhook-recording/1\n{}\n", b"offhook-recording/2\n"]
)
def test_nothing_is_whole_without_an_intro(tmp_path, data):
    path = tmp_path / "x.ohr"
    path.write_bytes(data)
    assert torn_tail(path) == 0


def test_a_stranger_s_key(recordings, header):
    with pytest.raises(NoSealError, match="sealed to key"):
        open_recording(recordings(), ArchivePrivateKey.generate())


def test_opening_a_file(recordings, archive_key):
    opened = open_recording(io.BytesIO(recordings()), archive_key)
    assert opened.header.call == "sh01-d017/4"
    assert not opened.complete
    frames = list(opened.frames())
    assert opened.complete
    assert isinstance(frames[-1], EndFrame)
    assert opened.torn_bytes == 0
    torn = open_recording(recordings()[:-3], archive_key)
    assert len(list(torn.frames())) == 3
    assert torn.torn_bytes > 0
    with pytest.raises(FormatError, match="ends within the header"):
        open_recording(recordings()[:100], archive_key)


def test_frames_before_a_fault_come_first(recordings, archive_key):
    data = recordings()
    opener = RecordingOpener(archive_key)
    assert len(opener.feed(data[:-1] + b"\0")) == 3
    for ask in (lambda: opener.feed(b""), opener.finish):
        with pytest.raises(OpenError, match="frame 3"):
            ask()


def test_the_largest_frame(header, archive_key):
    sealer = RecordingSealer(header, [archive_key.public])
    body = {"at_ms": 0, "kind": "x", "more": ""}
    body["more"] = "y" * (MAX_PLAINTEXT - len(encode_event(body)))
    sealed = sealer.seal(encode_event(body))
    assert len(sealed) == 4 + 1_048_576
    data = sealer.intro + sealed + sealer.seal(END, last=True)
    opener = RecordingOpener(archive_key)
    frames = [frame for at in range(0, len(data), 4096) for frame in opener.feed(data[at : at + 4096])]
    assert frames[0].body == body
    assert opener.complete


def test_the_sealer_keeps_order(header, archive_key):
    sealer = RecordingSealer(header, [archive_key.public])
    for plaintext, last in ((b"", False), (EVENT, True), (END, False), (b"E" * (MAX_PLAINTEXT + 1), False)):
        with pytest.raises(FormatError):
            sealer.seal(plaintext, last=last)
    assert sealer.frames == 0
    sealer.seal(END, last=True)
    assert sealer.closed
    with pytest.raises(FormatError, match="closed"):
        sealer.seal(EVENT)
    with pytest.raises(FormatError, match="at least one"):
        RecordingSealer(header, [])
    with pytest.raises(FormatError, match="once"):
        RecordingSealer(sealer.header, [archive_key.public])
    with pytest.raises(FormatError, match="same key"):
        RecordingSealer(header, [archive_key.public] * 2)


def test_two_recordings_of_the_same_share_no_byte_behind_the_header(header, archive_key):
    one, two = (RecordingSealer(header, [archive_key.public]) for _ in range(2))
    assert one.seal(EVENT)[4:] != two.seal(EVENT)[4:]


def test_a_file_key_of_another_length_is_refused(header, archive_key):
    sealed = archive_key.public.seal(b"short", file_key_info(header))
    fields = {name: getattr(header, name) for name in ("audio", "boot", "call", "desk", "started")}
    with pytest.raises(OpenError, match="5 bytes"):
        open_file_key(Header(**fields, seals=(Seal(archive_key.public.key_id, sealed),)), archive_key)

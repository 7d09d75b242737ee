"""Exports: exact to the sample in .flac and .wav, packets untouched in .opus, gaps as silence."""

import io
import subprocess

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus

from firmware.archive.decoding import decode
from firmware.archive.errors import ArchiveError
from firmware.archive.export import export, export_to, format_of
from firmware.evidence.errors import FormatError, NoSealError
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.opening import open_recording
from firmware.evidence.recording import AudioFormat, AudioFrame, EndFrame, GapFrame

PLANS = {
    "plain": [("a", 16_123)],
    "short": [("a", 1)],
    "one packet": [("a", 108)],
    "two packets": [("a", 109)],
    "gap": [("a", 12_345), ("g", 7777), ("a", 9001)],
    "tiny gaps": [("a", 5000), ("g", 1), ("a", 5000), ("g", 100), ("a", 5000)],
    "gap first": [("g", 4001), ("a", 9000)],
    "gap last": [("a", 5000), ("g", 999)],
    "gaps together": [("a", 5000), ("g", 999), ("g", 1), ("a", 3000)],
    "only a gap": [("g", 9999)],
}


@pytest.fixture(params=PLANS, ids=lambda name: name.replace(" ", "_"))
def plan(request):
    return PLANS[request.param]


def wav(made, key):
    out = io.BytesIO()
    report = export_to(io.BytesIO(made.data), key, out, "wav")
    sound, rate = soundfile.read(io.BytesIO(out.getvalue()), dtype="int16", always_2d=True)
    assert rate == 8000
    return sound, report


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", ["flac", "pcm_s16le"])
@pytest.mark.parametrize("target", ["wav", "flac"])
def test_lossless_recordings_come_out_bit_for_bit(made, key, tmp_path, plan, codec, channels, target):
    recording = made(codec, channels, plan)
    path = tmp_path / f"call.{target}"
    report = export(io.BytesIO(recording.data), key, path)
    sound, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == 8000
    assert np.array_equal(sound, recording.sound)
    assert (report.samples, report.gaps, report.lost_samples) == (len(sound), recording.gaps, recording.lost)
    assert (report.complete, report.fault, report.ended_by, report.shift_samples) == (True, "", "on_hook", 0)


def similarity(one, other):
    """1 for the same shape, whatever the level."""
    one, other = one.astype(float), other.astype(float)
    return float((one * other).sum() / (np.sqrt((one**2).sum() * (other**2).sum()) or 1))


def best_lag(sound, truth, most=40):
    """By how many samples `sound` is late, from the best match of a stretch in the middle."""
    middle = slice(len(truth) // 4, 3 * len(truth) // 4)
    lags = range(-most, most + 1)
    return max(lags, key=lambda lag: similarity(np.roll(sound, -lag)[middle], truth[middle]))


@pytest.mark.parametrize("channels", [1, 2])
def test_opus_decodes_to_the_very_sample(made, key, plan, channels):
    """No sample missing or doubled, no lag, gaps silent, from run to run."""
    recording = made("opus", channels, plan)
    sound, report = wav(recording, key)
    assert len(sound) == len(recording.sound) == report.samples
    at = 0
    for (kind, count), part in zip(plan, recording.parts, strict=True):
        piece = sound[at : at + count]
        at += count
        if kind == "g":
            assert not piece.any()
        elif count > 1000:
            assert [best_lag(piece[:, c], part[:, c]) for c in range(channels)] == [0] * channels
            assert similarity(piece, part) > 0.9


def played(path, channels, rate=48_000):
    """What ffmpeg plays."""
    command = ["ffmpeg", "-v", "warning", "-i", path, "-f", "s16le", "-ar", str(rate), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return np.frombuffer(done.stdout, "<i2").reshape(-1, channels)


@pytest.mark.parametrize("channels", [1, 2])
def test_stock_tools_find_no_fault_in_opus(made, key, tmp_path, plan, channels):
    recording = made("opus", channels, plan)
    path = tmp_path / "call.opus"
    report = export(io.BytesIO(recording.data), key, path)
    info = subprocess.run(["opusinfo", path], capture_output=True, text=True, check=True)
    said = info.stdout + info.stderr
    assert "WARNING" not in said
    assert "rror" not in said
    assert f"Channels: {channels}" in said
    assert "Pre-skip: 312" in said
    assert "Original sample rate: 8000 Hz" in said
    assert len(played(path, channels)) == report.samples * 6
    assert report.samples - len(recording.sound) in range(report.shift_samples + 1)
    assert OggOpus(path)["offhook_call"] == ["sh01-d017/42"]


def packets_of(data):
    source, pages = io.BytesIO(data), []
    while source.tell() < len(data):
        pages.append(OggPage(source))
    return OggPage.to_packets(pages)[2:]


def test_opus_packets_are_not_encoded_again(made, key):
    recording = made("opus", 1, PLANS["gap"])
    out = io.BytesIO()
    export_to(io.BytesIO(recording.data), key, out, "opus")
    frames = open_recording(recording.data, key).frames()
    recorded = [packet for frame in frames if isinstance(frame, AudioFrame) for packet in frame.packets]
    exported = packets_of(out.getvalue())
    silence = [packet for packet in exported if packet not in recorded]
    assert [packet for packet in exported if packet in recorded] == recorded
    assert len(exported) == len(recorded) + len(silence)
    assert 7777 / 160 - 3 < len(silence) < 7777 / 160 + 4


@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=5))
@settings(deadline=None, max_examples=25)
def test_sound_behind_gaps_is_never_early_and_hardly_late(made, key, plan):
    steps = [step for audio, gap in plan for step in (("g", gap), ("a", audio))]
    recording = made("opus", 1, steps)
    report = export_to(io.BytesIO(recording.data), key, io.BytesIO(), "opus")
    late = report.samples - len(recording.sound)
    assert 0 <= late <= report.shift_samples
    smallest = min(gap for kind, gap in steps[2:] or [("g", 3000)] if kind == "g")
    if smallest >= 212 + 20:  # room for the look-ahead and the rest of the last packet
        assert report.shift_samples < 20  # 2.5 ms


def test_shifted_sound_is_where_the_report_says(made, key, tmp_path):
    recording = made("opus", 1, [("g", 4001), ("a", 24_000)])
    path = tmp_path / "call.opus"
    report = export(io.BytesIO(recording.data), key, path)
    assert report.shift_samples == 19
    sound = played(path, 1, 8000)[:, 0]
    assert best_lag(sound[: len(recording.sound)][4001:], recording.sound[4001:, 0]) == 19


def test_an_interrupted_recording_keeps_what_is_there(made, key, tmp_path):
    recording = made("opus", 1, [("a", 20_000)], end=False)
    for tail in (b"", b"\0\0", recording.frames[1][:100]):
        path = tmp_path / "call.wav"
        report = export(io.BytesIO(recording.data + tail), key, path, replace=True)
        assert (report.complete, report.fault, report.torn_bytes) == (False, "", len(tail))
        assert report.samples == 126 * 160 - 52 >= 20_000
        sound, _ = soundfile.read(path, dtype="int16")
        assert similarity(sound[:20_000], recording.sound[:, 0]) > 0.9
        opus = tmp_path / "call.opus"
        assert export(io.BytesIO(recording.data + tail), key, opus, replace=True).samples == report.samples
        assert len(played(opus, 1)) == report.samples * 6


@pytest.mark.parametrize("target", ["wav", "flac", "opus"])
def test_a_damaged_recording_keeps_what_comes_before(made, key, tmp_path, target):
    recording = made("opus", 1, [("a", 40_000)])
    data = bytearray(recording.data)
    data[len(recording.intro) + sum(map(len, recording.frames[:3])) + 50] ^= 1
    path = tmp_path / f"call.{target}"
    report = export(io.BytesIO(bytes(data)), key, path)
    assert "frame 3" in report.fault
    assert not report.complete
    assert report.samples == 2 * 8000 - 52
    assert path.stat().st_size


def test_events_are_told(made, key):
    _, report = wav(made("pcm_s16le", 1, [("a", 800)]), key)
    assert [event.kind for event in report.events] == ["off_hook"]


def test_nothing_to_export(made, key, tmp_path):
    for target in ("wav", "flac", "opus"):
        with pytest.raises(ArchiveError, match="no sound"):
            export(io.BytesIO(made("opus", 1, []).data), key, tmp_path / f"x.{target}")
    recording = made("opus", 1, [("a", 8000)])
    data = bytearray(recording.data)
    data[len(recording.intro) + 20] ^= 1
    with pytest.raises(ArchiveError, match="frame 0"):
        export(io.BytesIO(bytes(data)), key, tmp_path / "x.wav")
    assert list(tmp_path.iterdir()) == []


def test_refusals_leave_the_folder_as_it_was(made, key, tmp_path):
    recording = made("flac", 1, [("a", 800)])
    there = tmp_path / "there.wav"
    there.write_bytes(b"mine")
    cases = [
        (recording.data, key, there, ArchiveError, "exists"),
        (recording.data, key, tmp_path / "call.opus", ArchiveError, "flac: export it as"),
        (recording.data, key, tmp_path / "call.mp3", ArchiveError, "must end in"),
        (recording.data, key, tmp_path / "no" / "call.wav", ArchiveError, "cannot be written"),
        (recording.data, ArchivePrivateKey.generate(), tmp_path / "call.wav", NoSealError, "sealed to"),
        (b"junk", key, tmp_path / "call.wav", FormatError, "not a sealed recording"),
    ]
    for data, used, path, error, said in cases:
        with pytest.raises(error, match=said):
            export(io.BytesIO(data), used, path)
    assert list(tmp_path.iterdir()) == [there]
    assert there.read_bytes() == b"mine"
    export(io.BytesIO(recording.data), key, there, replace=True)
    assert soundfile.info(there).frames == 800


def test_formats_go_by_the_name(tmp_path):
    assert [format_of(tmp_path / name) for name in ("a.OPUS", "a.b.flac", "a.wav")] == ["opus", "flac", "wav"]


AUDIO = {
    codec: AudioFormat(channels=1, codec=codec, frame_ms=20, rate_hz=8000)
    for codec in ("opus", "flac", "pcm_s16le")
}


@pytest.mark.parametrize(
    ("codec", "packet", "said"),
    [("opus", b"\xff" * 40, "Opus"), ("opus", b"\x00", "20 ms"), ("flac", b"junk", "FLAC")],
)
def test_packets_that_do_not_decode(codec, packet, said):
    with pytest.raises(ArchiveError, match=said):
        list(decode(AUDIO[codec], [AudioFrame(0, (packet,))]))


def test_a_flac_packet_of_another_rate(made):
    out = io.BytesIO()
    soundfile.write(out, np.zeros(100, "i2"), 16_000, format="FLAC", subtype="PCM_16")
    with pytest.raises(ArchiveError, match="another rate"):
        list(decode(AUDIO["flac"], [AudioFrame(0, (out.getvalue(),))]))


def test_frames_that_do_not_fit_each_other():
    summary = {"ended_by": "x", "gaps": 0, "lost_samples": 0, "samples": 500}
    for frame in (GapFrame(500, 1, "x"), EndFrame(summary)):
        with pytest.raises(ArchiveError, match="ends at sample"):
            list(decode(AUDIO["pcm_s16le"], [AudioFrame(0, (bytes(100),)), frame]))


def test_a_gap_of_days_goes_out_in_pieces():
    pieces = decode(AUDIO["pcm_s16le"], [GapFrame(0, 2**32 - 1, "device_lost")])
    first = next(pieces)
    assert len(first.samples) == 96_000
    assert next(pieces).first_sample == 48_000
    pieces.close()

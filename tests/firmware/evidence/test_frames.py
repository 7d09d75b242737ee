"""Headers and frames as bytes; the timeline that they tell."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from firmware.evidence.errors import FormatError
from firmware.evidence.recording import (
    MAX_PLAINTEXT,
    MAX_SAMPLE,
    AudioFormat,
    AudioFrame,
    AudioSpan,
    EndFrame,
    EventFrame,
    GapFrame,
    Header,
    Seal,
    encode_audio,
    encode_end,
    encode_event,
    encode_gap,
    parse_frame,
    skim_frame,
)
from firmware.evidence.timeline import Timeline, packet_samples

samples = st.integers(0, MAX_SAMPLE)
packets = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=60)
end_bodies = st.fixed_dictionaries(
    {"ended_by": st.text(max_size=9), "gaps": samples, "lost_samples": samples, "samples": samples},
)
frames = st.one_of(
    st.builds(AudioFrame, samples, packets.map(tuple)),
    st.builds(EventFrame, st.fixed_dictionaries({"at_ms": samples, "kind": st.text(max_size=9)})),
    st.builds(GapFrame, samples, st.integers(1, 2**32 - 1), st.from_regex(r"[ -~]{1,64}", fullmatch=True)),
    st.builds(EndFrame, end_bodies),
)


@given(frames)
def test_a_frame_comes_back(frame):
    assert parse_frame(frame.emit()) == frame


@given(
    st.binary(max_size=80)
    | st.builds(bytes.__add__, st.sampled_from([b"A", b"E{", b"G", b"Z{"]), st.binary())
)
def test_what_parses_as_a_frame_is_written_so(data):
    try:
        frame = parse_frame(data)
    except FormatError:
        return
    assert frame.emit() == data


def skimmed(plaintext):
    """What skimming finds, as far as parsing finds it too; None when refused."""
    try:
        frame = skim_frame(plaintext)
    except FormatError:
        return None
    return frame


def parsed(plaintext):
    try:
        frame = parse_frame(plaintext)
    except FormatError:
        return None
    return AudioSpan(frame.first_sample, len(frame.packets)) if isinstance(frame, AudioFrame) else frame


@given(frames, st.data())
def test_skimming_refuses_what_parsing_refuses(frame, data):
    good = frame.emit()
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.sampled_from([b"\0", b"\1", b"A"]) | st.binary(min_size=1, max_size=1))
    for plaintext in (
        good,
        good[:at],
        good[:at] + byte + good[at + 1 :],
        good + byte,
        good[:at] + b"\0\0" + good[at:],
    ):
        assert skimmed(plaintext) == parsed(plaintext)


@given(frames, st.data())
def test_frames_cut_short_or_lengthened_are_refused_or_others(frame, data):
    plaintext = frame.emit()
    cut = plaintext[: data.draw(st.integers(0, len(plaintext) - 1))]
    for changed in (cut, plaintext + data.draw(st.binary(min_size=1, max_size=3))):
        try:
            other = parse_frame(changed)
        except FormatError:
            continue
        assert other != frame
        assert other.emit() == changed


@pytest.mark.parametrize(
    "make",
    [
        lambda: encode_audio(0, []),
        lambda: encode_audio(-1, [b"x"]),
        lambda: encode_audio(0, [b""]),
        lambda: encode_audio(0, [b"x" * 65_536]),
        lambda: encode_audio(0, [b"x" * 60_000] * 20),
        lambda: encode_gap(0, 0, "x"),
        lambda: encode_gap(0, 2**32, "x"),
        lambda: encode_gap(2**63, 1, "x"),
        lambda: encode_gap(0, 1, ""),
        lambda: encode_gap(0, 1, "x" * 65),
        lambda: encode_gap(0, 1, "line\nfeed"),
        lambda: encode_gap(0, 1, "ü"),
        lambda: encode_event({"at_ms": 1}),
        lambda: encode_event({"at_ms": -1, "kind": "x"}),
        lambda: encode_event({"at_ms": 1, "kind": 2}),
        lambda: encode_event({"at_ms": 1, "kind": "x", "more": "y" * MAX_PLAINTEXT}),
        lambda: encode_end({"ended_by": "x"}),
        lambda: encode_end([]),
        lambda: parse_frame(b""),
        lambda: parse_frame(b"A" * (MAX_PLAINTEXT + 1)),
        lambda: parse_frame(b"Gxx"),
    ],
)
def test_frames_that_cannot_be(make):
    with pytest.raises(FormatError):
        make()


def test_what_frames_say():
    event = parse_frame(encode_event({"at_ms": 7, "kind": "flash"}))
    assert (event.at_ms, event.kind) == (7, "flash")
    end = parse_frame(encode_end({"ended_by": "on_hook", "gaps": 1, "lost_samples": 2, "samples": 3}))
    assert [end.number(name) for name in ("gaps", "lost_samples", "samples")] == [1, 2, 3]


def test_a_header_comes_back(header):
    sealed = Header(
        audio=header.audio,
        boot=header.boot,
        call=header.call,
        desk=header.desk,
        started=header.started,
        seals=(Seal("0" * 16, b"x"), Seal("1" * 16, b"")),
    )
    assert Header.parse(sealed.emit()) == sealed
    assert sealed.emit_without_seals() == header.emit_without_seals()
    assert sealed.intro == b"offhook-recording/1\n" + sealed.emit() + b"\n"


def test_a_header_for_too_many(header):
    seals = tuple(Seal(f"{n:016x}", b"x" * 1168) for n in range(11))
    crowded = Header(
        audio=header.audio,
        boot=header.boot,
        call=header.call,
        desk=header.desk,
        started=header.started,
        seals=seals,
    )
    with pytest.raises(FormatError, match="too many recipients"):
        crowded.emit()


@pytest.mark.parametrize(
    "change",
    [{"channels": 3}, {"channels": True}, {"codec": "mp3"}, {"frame_ms": 0}, {"frame_ms": 1001},
     {"rate_hz": 7999},
     {"rate_hz": 48001}, {"rate_hz": 44100},
     {"codec": "pcm_s16le", "rate_hz": 44100, "frame_ms": 1}],
)  # fmt: skip
def test_audio_that_cannot_be(change):
    with pytest.raises(FormatError):
        AudioFormat(**({"channels": 1, "codec": "opus", "frame_ms": 20, "rate_hz": 8000} | change))


@pytest.mark.parametrize(("rate", "skip"), [(8000, 52), (16000, 104), (48000, 312)])
def test_the_look_ahead_is_six_and_a_half_ms(rate, skip):
    assert AudioFormat(channels=1, codec="opus", frame_ms=20, rate_hz=rate).pre_skip == skip


@given(st.lists(st.tuples(st.integers(1, 20_000), st.integers(1, 9_000)), max_size=4), st.integers(0, 9_000))
def test_any_runs_and_gaps_of_opus_make_a_timeline(runs, tail):
    """The packets that the format asks for are those that the timeline accepts."""
    audio = AudioFormat(channels=1, codec="opus", frame_ms=20, rate_hz=8000)
    timeline, at = Timeline(audio), 0

    def run(length):
        count = -(-(length + 52) // 160) if length else 0
        for done in range(0, count, 50):
            timeline.take(AudioFrame(at + done * 160, (b"x",) * min(50, count - done)))

    for length, lost in runs:
        run(length)
        at += length
        timeline.take(GapFrame(at, lost, "overflow"))
        at += lost
    run(tail)
    summary = {"ended_by": "on_hook", "gaps": len(runs), "samples": at + tail}
    timeline.take(EndFrame(summary | {"lost_samples": sum(lost for _, lost in runs)}))
    assert timeline.samples == at + tail


def flac(rate=8000, channels=1, subtype="PCM_16"):
    out = io.BytesIO()
    soundfile.write(out, np.zeros((100, channels), "i2"), rate, format="FLAC", subtype=subtype)
    return out.getvalue()


def test_flac_packets():
    audio = AudioFormat(channels=1, codec="flac", frame_ms=1000, rate_hz=8000)
    assert packet_samples(flac(), audio) == 100
    other = bytearray(flac())
    other[4] |= 1
    for packet in (
        b"",
        b"fLaC",
        flac(16000),
        flac(8000, 2),
        flac(8000, 1, "PCM_24"),
        bytes(other),
        flac()[:41],
    ):
        with pytest.raises(FormatError):
            packet_samples(packet, audio)


def test_pcm_packets():
    audio = AudioFormat(channels=2, codec="pcm_s16le", frame_ms=100, rate_hz=8000)
    assert packet_samples(bytes(3200), audio) == 800
    for size in (3, 3204):
        with pytest.raises(FormatError):
            packet_samples(bytes(size), audio)

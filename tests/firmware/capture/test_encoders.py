"""Every codec, any cutting of the samples: nothing lost, nothing shifted, nothing added."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.capture.encoders import CodecSettings, open_encoder
from firmware.evidence.recording import AudioFormat

CODECS = ["opus", "flac", "pcm_s16le"]


def encode(codec, samples, cuts=(), channels=1):
    encoder = open_encoder(CodecSettings(codec, channels))
    packets, at = [], 0
    for cut in [*cuts, len(samples)]:
        packets += encoder.push(samples[at : at + cut].tobytes())
        at += cut
    return packets + encoder.flush()


def audio_format(codec, channels=1):
    settings = CodecSettings(codec, channels)
    return AudioFormat(channels=channels, codec=codec, frame_ms=settings.frame_ms, rate_hz=8000)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", ["flac", "pcm_s16le"])
def test_lossless_is_bit_exact(codec, channels, decode_run):
    samples = np.random.default_rng(3).integers(-32768, 32767, (20_001, channels)).astype("<i2")
    packets = encode(codec, samples, cuts=[800] * 10, channels=channels)
    got = decode_run([packet.data for packet in packets], audio_format(codec, channels), None)
    assert np.array_equal(got, samples)
    assert sum(packet.samples for packet in packets) == len(samples)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CODECS), st.lists(st.integers(0, 2000), max_size=12), st.integers(0, 400))
def test_any_cutting_gives_the_same_packets(codec, cuts, tail):
    samples = (np.arange(sum(cuts) + tail) * 37 % 9001 - 4500).astype("<i2")
    assert encode(codec, samples, cuts) == encode(codec, samples)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000))
def test_opus_packets_of_a_run_are_exactly_enough(count):
    packets = encode("opus", np.full(count, 1000, "<i2"))
    assert len(packets) == (-(-(count + 52) // 160) if count else 0)


@pytest.mark.parametrize("channels", [1, 2])
def test_opus_is_aligned_to_the_sample_and_reaches_the_last_one(channels, speech, snr, decode_run):
    samples = speech(80_077, channels=channels)
    packets = encode("opus", samples, cuts=[800] * 20, channels=channels)
    got = decode_run([packet.data for packet in packets], audio_format("opus", channels), len(samples))
    assert len(got) == len(samples)
    lags = range(-60, 61)
    inner = slice(100, -100)
    for side in range(channels):
        wanted = samples[inner, side].astype(float)
        scores = [wanted @ np.roll(got[:, side], lag)[inner].astype(float) for lag in lags]
        assert lags[int(np.argmax(scores))] == 0
    assert snr(samples, got) > 8
    assert snr(samples[-400:], got[-400:]) > 4, "the end of the run is whole"


def test_a_flush_starts_afresh(speech):
    encoder = open_encoder(CodecSettings("opus"))
    samples = speech(4000).tobytes()
    first = encoder.push(samples) + encoder.flush()
    assert encoder.push(samples) + encoder.flush() == first
    assert encoder.flush() == []


@pytest.mark.parametrize(("codec", "given_at_once"), [("opus", 0), ("flac", 1), ("pcm_s16le", 1)])
def test_cut_gives_what_can_be_given_without_ending_the_run(codec, given_at_once):
    encoder = open_encoder(CodecSettings(codec))
    assert encoder.push(bytes(200)) == []
    assert len(encoder.cut()) == given_at_once
    assert encoder.cut() == []


def test_bit_rate_is_kept(speech):
    samples = speech(8000 * 20)
    packets = encode("opus", samples)
    assert 15_000 < sum(len(packet.data) for packet in packets) * 8 / 20 < 27_000

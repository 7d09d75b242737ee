"""Conversion to 8 kHz: exact counts for hours, flat in the telephone band, no aliases, any block length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.audio.convert import converted_count, open_converter

RATES = [8000, 16000, 44100, 48000]


def sine(rate, frequency, seconds, amplitude=0.9):
    wave = np.sin(2 * np.pi * frequency * np.arange(rate * seconds) / rate)
    return np.rint(wave * amplitude * 32767).astype("<i2")


def convert(samples, *, rate, channels=1, keep_stereo=False, block=None):
    converter = open_converter(rate_hz=rate, channels=channels, keep_stereo=keep_stereo)
    step = block or rate // 10
    parts = [converter.push(samples[at : at + step].tobytes()) for at in range(0, len(samples), step)]
    return np.frombuffer(b"".join([*parts, converter.flush()]), "<i2")


def level_db(samples, amplitude=0.9):
    middle = samples[4000:-4000].astype(float) / 32767
    return 20 * np.log10(max(1e-9, np.sqrt(np.mean(middle**2)) / (amplitude / np.sqrt(2))))


def test_at_8_khz_the_very_bytes_pass():
    raw = np.random.default_rng(1).integers(-32768, 32767, 1600, dtype="<i2").tobytes()
    for channels in (1, 2):
        converter = open_converter(rate_hz=8000, channels=channels, keep_stereo=True)
        assert converter.push(raw) is raw
        assert converter.flush() == b""


def test_stereo_folds_to_the_mean_without_overflow():
    sides = np.array([[32767, 32767], [-32768, -32768], [3, 4], [-3, -4], [100, -100]], "<i2")
    assert convert(sides, rate=8000, channels=2).tolist() == [32767, -32768, 3, -4, 0]


@pytest.mark.parametrize("rate", RATES[1:])
def test_stereo_folds_and_keeps_its_sides_when_resampled(rate):
    left, right = sine(rate, 400, 3, 0.5), sine(rate, 1000, 3, 0.5)
    sides = np.stack([left, right], axis=1)
    kept = convert(sides, rate=rate, channels=2, keep_stereo=True).reshape(-1, 2)
    assert len(kept) == 24000
    for side, frequency in ((0, 400), (1, 1000)):
        wanted = sine(8000, frequency, 3, 0.5)
        assert np.abs(kept[2000:-2000, side].astype(int) - wanted[2000:-2000]).max() <= 2
    folded = convert(sides, rate=rate, channels=2)
    mean = (sine(8000, 400, 3, 0.5).astype(int) + sine(8000, 1000, 3, 0.5)) / 2
    assert np.abs(folded[2000:-2000] - mean[2000:-2000]).max() <= 2


@pytest.mark.parametrize("rate", RATES[1:])
def test_the_telephone_band_is_flat_and_aliases_are_gone(rate):
    for frequency in (300, 1000, 3000, 3400):
        assert abs(level_db(convert(sine(rate, frequency, 3), rate=rate))) < 0.05, frequency
    for frequency in (4100, 4600, 5000, 6000, 7700):  # 7700 would fall on 300 Hz
        assert level_db(convert(sine(rate, frequency, 3), rate=rate)) < -90, frequency


@pytest.mark.parametrize("rate", RATES[1:])
def test_no_sample_is_gained_or_lost_in_twenty_minutes(rate):
    converter = open_converter(rate_hz=rate, channels=1, keep_stereo=False)
    block, total = np.zeros(rate // 10, "<i2").tobytes(), 0
    for blocks in range(1, 12001):
        total += len(converter.push(block)) // 2
        assert 0 <= blocks * 800 - total <= 960  # what the filter holds back stays below 120 ms
    assert total + len(converter.flush()) // 2 == 12000 * 800


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RATES[1:]), st.lists(st.integers(0, 9000), max_size=12))
def test_any_cutting_gives_the_exact_count_and_a_flush_starts_afresh(rate, lengths):
    converter = open_converter(rate_hz=rate, channels=1, keep_stereo=False)
    for _ in range(2):
        got = sum(len(converter.push(bytes(2 * length))) for length in lengths) + len(converter.flush())
        assert got == 2 * converted_count(sum(lengths), rate)
    assert converter.flush() == b""


def test_resampled_audio_is_not_shifted():
    """An impulse stays where it is: what is heard at a time stands at that time."""
    for rate in RATES[1:]:
        samples = np.zeros(rate * 2, "<i2")
        samples[rate] = 30000
        assert int(np.abs(convert(samples, rate=rate).astype(int)).argmax()) == 8000


def test_full_scale_is_clipped_not_wrapped():
    square = np.where(np.arange(48000) // 24 % 2, 32767, -32768).astype("<i2")
    out = convert(square, rate=48000)
    assert out.max() == 32767
    assert out.min() == -32768
    assert np.sign(out[6]) == np.sign(square[36 + 3])


@pytest.mark.parametrize(("rate", "channels"), [(11025, 1), (8000, 3)])
def test_other_formats_are_refused(rate, channels):
    with pytest.raises(ValueError, match=r"8000, 16000, 44100, 48000"):
        open_converter(rate_hz=rate, channels=channels, keep_stereo=False)

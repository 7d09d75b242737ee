"""Levels in dBFS, the speech band by itself, and lines that are dead although blocks come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.capture.levels import FLOOR_DBFS, LineMeter, measure, measure_sides


def sine(frequency, amplitude, count=800):
    return np.rint(amplitude * np.sin(2 * np.pi * frequency * np.arange(count) / 8000)).astype("<i2")


@pytest.mark.parametrize("frequency", [440, 1000, 3000])
def test_a_full_scale_tone(frequency):
    level = measure(sine(frequency, 32767).tobytes())
    assert level.rms_dbfs == pytest.approx(-3.01, abs=0.05)
    assert level.peak_dbfs == pytest.approx(0, abs=0.2)
    assert measure(sine(frequency, 327.67).tobytes()).rms_dbfs == pytest.approx(-43.0, abs=0.1)


def settled_speech(frequency, channels=1):
    """Speech level of a tone of -13.3 dBFS RMS, in the tenth block."""
    meter = LineMeter(channels)
    wave = np.repeat(sine(frequency, 10_000, 8000), channels)
    step = 800 * channels
    return [meter.take(wave[at : at + step].tobytes()).speech_dbfs for at in range(0, len(wave), step)][-1]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("frequency", "loss_db"), [(350, 2), (440, 0.5), (1000, 1), (2000, 3.2)])
def test_speech_counts(frequency, loss_db, channels):
    assert -13.3 - loss_db <= settled_speech(frequency, channels) <= -13.0


@pytest.mark.parametrize(("frequency", "below"), [(0.001, -80), (50, -74), (60, -68), (100, -50), (150, -37)])
def test_hum_is_not_speech(frequency, below):
    assert settled_speech(frequency) < below


def test_silence_noise_and_clipping():
    assert measure(bytes(1600)).rms_dbfs == FLOOR_DBFS
    assert measure(b"").peak_dbfs == FLOOR_DBFS
    clipped = np.clip(sine(440, 60_000 / 2) * 2.0, -32768, 32767).astype("<i2")
    assert measure(clipped.tobytes()).clipped > 200
    assert measure(np.full(800, -32768, "<i2").tobytes()).peak_dbfs == 0


def test_sides_are_told_apart():
    sides = np.stack([sine(440, 16_000), np.zeros(800)], axis=1).astype("<i2")
    agent, far_end = measure_sides(sides.tobytes())
    assert agent.rms_dbfs == pytest.approx(-9.2, abs=0.1)
    assert far_end.rms_dbfs == FLOOR_DBFS


def test_zero_and_frozen_time():
    meter = LineMeter(channels=1)
    noise = np.random.default_rng(1).integers(-50, 50, 800).astype("<i2").tobytes()
    assert [meter.take(bytes(1600)).zero_ms for _ in range(3)] == [100, 200, 300]
    level = meter.take(noise)
    assert (level.zero_ms, level.frozen_ms) == (0, 0)
    assert [meter.take(noise).frozen_ms for _ in range(2)] == [100, 200]
    assert meter.take(noise[::-1]).frozen_ms == 0
    assert meter.take(np.full(800, 7, "<i2").tobytes()).frozen_ms == 100


@given(st.binary(max_size=400).map(lambda raw: raw[: len(raw) // 4 * 4]))
def test_any_block_has_a_level(raw):
    level = measure(raw)
    assert FLOOR_DBFS <= level.rms_dbfs <= level.peak_dbfs + 0.001 <= 0.001
    assert LineMeter(channels=2).take(raw).zero_ms >= 0

"""Levels, hum, speech and who spoke, each on a signal whose answer is known."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.line.conversation import ratios
from firmware.line.levels import FLOOR_DBFS, LevelMeter, measure
from firmware.line.speech import Speech, SpeechDetector

sys.path.insert(0, str(Path(__file__).parent))

from dtmf_signals import as_int16, noise, sine, voice

SECOND = 8000


def test_full_scale_sine():
    levels = measure([as_int16(np.sin(2 * np.pi * 1000 * np.arange(SECOND) / SECOND) * 0.5)])
    assert levels.rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert levels.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert (levels.clipped, levels.silent_s, levels.frozen_s) == (0, 0, 1.0 - 0.1)


def test_windows_of_100_ms_and_the_rest():
    meter = LevelMeter()
    windows = meter.feed(np.zeros(1900, np.int16)) + meter.finish()
    assert [one.start_sample for one in windows] == [0, 800, 1600]
    assert all(one.silent and one.rms_dbfs == FLOOR_DBFS and not one.frozen for one in windows)
    assert meter.levels().silent_s == 1900 / SECOND


def test_noise_floor_is_that_of_the_pauses():
    samples = noise(10 * SECOND, -60) + np.repeat([0, 1, 1, 0, 1, 1, 1, 1, 1, 1], SECOND) * noise(
        10 * SECOND, -20, 2
    )
    assert measure([as_int16(samples)]).noise_dbfs == pytest.approx(-60 - 6.15, abs=1.5)


def test_clipping_and_dc():
    levels = measure([as_int16(np.clip(2 * sine(500, SECOND, 0) + 0.1, -1, 1))])
    assert levels.clipped > 1000
    assert measure([as_int16(noise(SECOND, -40) + 0.05)]).dc == pytest.approx(0.05, abs=0.001)


def test_frozen_buffer():
    block = as_int16(noise(800, -20))
    assert measure([block] * 20).frozen_s == pytest.approx(1.9)
    assert measure([np.full(1600, 77, np.int16)]).frozen_s == pytest.approx(0.2)
    assert measure([as_int16(noise(8000, -20))]).frozen_s == 0


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_told_with_its_mains(mains):
    hum = sine(mains, 4 * SECOND, -20) + sine(3 * mains, 4 * SECOND, -26)
    loud = measure([as_int16(hum + noise(4 * SECOND, -50))])
    assert (loud.hum_hz, loud.hum_db > 20) == (mains, True)
    assert measure([as_int16(hum * 0.001 + voice(4, 3))]).hum_db < -10


def test_hum_of_silence_is_none():
    assert measure([np.zeros(2 * SECOND, np.int16)]).hum_db < -90
    pure = measure([sine(50, 2 * SECOND, -10).astype(np.float32)])
    assert pure.hum_db > 60


def test_nothing_fed():
    levels = LevelMeter().levels()
    assert (levels.seconds, levels.rms_dbfs, levels.noise_dbfs) == (0, FLOOR_DBFS, FLOOR_DBFS)


def spoken(samples, sizes=()):
    detector, told, at = SpeechDetector(), [], 0
    for size in sizes:
        told += detector.feed(samples[at : at + size])
        at += size
    return told + detector.feed(samples[at:]) + detector.finish()


SPEECH = np.concatenate(
    [np.zeros(2 * SECOND), voice(3, 5), np.zeros(2 * SECOND), voice(2, 6), np.zeros(SECOND)]
)


@pytest.mark.parametrize("gain_db", [0, -12, -24])
def test_speech_is_where_it_is(gain_db):
    samples = SPEECH * 10 ** (gain_db / 20) + noise(len(SPEECH), -65)
    stretches = spoken(as_int16(samples))
    inside = np.zeros(len(SPEECH), bool)
    for one in stretches:
        inside[one.start_sample : one.end_sample] = True
    assert inside[2 * SECOND : 5 * SECOND].mean() > 0.7
    assert inside[7 * SECOND : 9 * SECOND].mean() > 0.7
    assert not inside[: 2 * SECOND - 160].any()
    assert not inside[5 * SECOND + 160 : 7 * SECOND - 160].any()


def test_level_of_speech():
    (one,) = spoken(as_int16(np.concatenate([np.zeros(SECOND), noise(SECOND, -20), np.zeros(SECOND)])))
    assert one.level_dbfs == pytest.approx(-20 - 6.15 + 10 * np.log10(3250 / 4000), abs=0.5)
    assert one.confidence == 990


@pytest.mark.parametrize("hz", [(450,), (350, 440), (440, 480), (1000,)])
def test_tones_are_no_speech(hz):
    tones = sum(sine(one, 2 * SECOND, -12) for one in hz) * np.tile(np.repeat([1, 0], 4000), 2)
    assert spoken(as_int16(tones + noise(2 * SECOND, -65))) == []


def test_noise_is_no_speech():
    assert spoken(as_int16(noise(5 * SECOND, -40))) == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=20))
def test_speech_in_blocks_of_any_length(sizes):
    samples = as_int16(SPEECH[: 6 * SECOND] + noise(6 * SECOND, -60))
    assert spoken(samples, sizes) == spoken(samples)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=9000), st.sampled_from([np.int16, np.float32]))
def test_junk_never_raises(data, kind):
    samples = np.frombuffer(data[: len(data) // 4 * 4], kind)
    meter = LevelMeter()
    meter.feed(samples)
    meter.finish()
    assert meter.levels().seconds == pytest.approx(len(samples) / SECOND)
    spoken(samples)


def said(*spans):
    return [Speech(first, last, -20.0, 900) for first, last in spans]


def test_ratios_of_a_conversation():
    found = ratios(said((0, 30), (50, 60)), said((20, 40), (55, 58)), 100)
    assert (found.talk, found.listen, found.overlap, found.silence) == pytest.approx((0.27, 0.10, 0.13, 0.50))
    assert not found.one_sided


def test_one_sided_call():
    assert ratios(said((0, 50)), [], 100).one_sided
    assert ratios([], said((0, 50)), 100).one_sided
    assert not ratios([], [], 100).one_sided


def test_ratios_stay_within_the_call():
    assert ratios(said((50, 500)), [], 100).talk == 0.5


def test_ratios_of_nothing():
    with pytest.raises(ValueError, match="0 samples"):
        ratios([], [], 0)


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), max_size=9))
def test_ratios_sum_to_one(spans):
    told = said(*((min(span), max(span)) for span in spans))
    found = ratios(told, told[1:], 1000)
    assert found.talk + found.listen + found.silence + found.overlap == pytest.approx(1)

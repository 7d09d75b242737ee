"""DTMF by the clauses of Q.23 and Q.24 (AT&T column), one signal each."""

import sys
from pathlib import Path

import numpy as np
import pytest

from firmware.line.dtmf import DtmfDetector

sys.path.insert(0, str(Path(__file__).parent))

from dtmf_signals import (
    DIAL_TONES,
    DIGITS,
    a_law,
    as_int16,
    dial,
    mu_law,
    noise,
    sine,
    tone,
    voice,
)


def found(samples, floor=-70.0):
    detector = DtmfDetector()
    heard = as_int16(samples + noise(len(samples), floor))
    return detector.feed(heard) + detector.finish()


def digits(samples, floor=-70.0):
    return "".join(one.digit for one in found(samples, floor))


@pytest.mark.parametrize("ms", [40, 50, 100, 500])
def test_every_digit(ms):
    assert digits(dial(DIGITS, ms, 40)) == DIGITS


def test_digit_without_any_noise():
    detector = DtmfDetector()
    assert "".join(one.digit for one in detector.feed(as_int16(dial(DIGITS))) + detector.finish()) == DIGITS


def test_position_level_and_twist():
    (one,) = found(dial("5", ms=60, level=-10, twist=3))
    assert abs(one.start_sample - 800) <= 8
    assert abs(one.end_sample - 1280) <= 8
    assert one.twist_db == pytest.approx(3, abs=0.2)
    assert one.level_dbfs == pytest.approx(-10 - 3 - 3.14, abs=0.3)
    assert one.confidence > 990


@pytest.mark.parametrize("level", [0, -10, -25, -35])
def test_level_accepted(level):
    assert digits(dial("159D", level=level), floor=-75) == "159D"


@pytest.mark.parametrize("level", [-55, -60])
def test_level_refused(level):
    assert digits(dial("159D", ms=100, level=level), floor=-80) == ""


@pytest.mark.parametrize("twist", [4, -8, 6, -10])
def test_twist_accepted(twist):
    assert digits(dial(DIGITS, level=-6, twist=twist)) == DIGITS


@pytest.mark.parametrize("twist", [14, -16])
def test_twist_refused(twist):
    assert digits(dial("159D", level=-6, twist=twist)) == ""


@pytest.mark.parametrize(("low", "high"), [(1.5, 1.5), (-1.5, -1.5), (1.5, -1.5), (-1.8, 1.8)])
def test_frequency_accepted(low, high):
    assert digits(dial(DIGITS, low_off=low, high_off=high)) == DIGITS


@pytest.mark.parametrize(
    ("low", "high"), [(3.5, 3.5), (-3.5, -3.5), (3.5, 0), (0, 3.5), (0, -3.0), (-3.0, 0)]
)
def test_frequency_refused(low, high):
    assert digits(dial(DIGITS, ms=80, low_off=low, high_off=high)) == ""


@pytest.mark.parametrize("ms", [10, 20, 23])
def test_too_short(ms):
    assert digits(dial(DIGITS, ms, 60)) == ""


def test_pause_of_30_ms_parts_two_digits():
    assert digits(dial("5577", 50, 30)) == "5577"


@pytest.mark.parametrize("at_ms", [30, 45, 60])
def test_break_of_10_ms_parts_nothing(at_ms):
    samples = dial("7", ms=100)
    samples[800 + at_ms * 8 : 880 + at_ms * 8] = 0
    (one,) = found(samples)
    assert one.end_sample - one.start_sample == pytest.approx(800, abs=12)


def test_one_tone_alone():
    assert digits(np.concatenate([sine(770, 4000, -6), np.zeros(800), sine(1336, 4000, -6)])) == ""


def test_two_low_tones():
    assert (
        digits(np.concatenate([np.zeros(800), sine(697, 800, -8) + sine(852, 800, -8), np.zeros(800)])) == ""
    )


@pytest.mark.parametrize("name", DIAL_TONES)
@pytest.mark.parametrize("over_ms", [0, 70])
def test_first_digit_under_dial_tone_6_db_louder(name, over_ms):
    for digit in DIGITS:
        samples = np.concatenate([np.zeros(3200), tone(digit, 100, -16), np.zeros(1600)])
        lasts = 3200 + over_ms * 8
        for hz in DIAL_TONES[name]:
            samples[:lasts] += sine(hz, lasts, -10)
        assert digits(samples) == digit


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_louder_than_the_digits(mains):
    samples = dial(DIGITS, level=-10)
    for k, part in ((1, -5), (2, -19), (3, -13), (5, -19)):
        samples += sine(mains * k, len(samples), part)
    assert digits(samples) == DIGITS


def test_echo_of_20_ms_10_db_down():
    samples = dial(DIGITS)
    assert digits(samples + 0.316 * np.concatenate([np.zeros(160), samples[:-160]])) == DIGITS


@pytest.mark.parametrize("law", [a_law, mu_law])
@pytest.mark.parametrize("level", [-5, -25])
def test_through_g711(law, level):
    assert digits(law(dial(DIGITS, level=level) + noise(len(dial(DIGITS)), -70))) == DIGITS


@pytest.mark.parametrize("snr", [15, 10, 5])
def test_white_noise(snr):
    samples = dial(DIGITS * 3)
    assert digits(samples, floor=-7 - snr) == DIGITS * 3


def test_dc():
    assert digits(dial(DIGITS) + 0.1) == DIGITS


def test_voice_behind():
    samples = dial(DIGITS, ms=80, pause_ms=80)
    assert digits(samples + 0.4 * voice(len(samples) / 8000, seed=4)[: len(samples)]) == DIGITS


@pytest.mark.parametrize("seed", range(4))
def test_voice_is_no_digit(seed):
    assert digits(voice(20, seed)) == ""


@pytest.mark.parametrize(
    "hz", [(350, 440), (450,), (440, 480), (480, 620), (950,), (1400, 2060, 2450, 2600), (2130, 2750)]
)
def test_tones_of_the_exchange_are_no_digit(hz):
    assert (
        digits(np.concatenate([np.zeros(800), sum(sine(one, 8000, -8) for one in hz), np.zeros(800)])) == ""
    )


def test_noise_alone():
    assert digits(noise(80_000, -10)) == ""


def test_long_digit_is_one():
    (one,) = found(dial("8", ms=3000))
    assert one.end_sample - one.start_sample == pytest.approx(24_000, abs=12)


def test_told_60_ms_after_its_end():
    samples = as_int16(dial("5", ms=80))
    detector = DtmfDetector()
    for at in range(0, len(samples), 80):
        if detector.feed(samples[at : at + 80]):
            break
    assert at + 80 - (800 + 640) <= 60 * 8


def test_digit_cut_by_the_end_of_the_recording():
    samples = np.concatenate([np.zeros(800), tone("5", 60)])
    (one,) = found(samples)
    assert one.end_sample <= len(samples)


def test_digit_at_the_very_beginning():
    assert digits(dial("42")[800:]) == "42"


@pytest.mark.parametrize("bad", [np.zeros((10, 2), np.int16), np.zeros(10, np.int32)])
def test_no_channel_of_samples(bad):
    with pytest.raises((TypeError, ValueError), match="samples"):
        DtmfDetector().feed(bad)


def test_digit_is_not_shown():
    assert "'7'" not in repr(found(dial("7")))


def test_voice_over_the_end_of_a_digit():
    samples = np.concatenate([np.zeros(1600), tone("8", 110, -10), np.zeros(1600)])
    over = voice(2, seed=9)
    over = over[np.argmax(np.abs(over)) :][:900]
    for gain in (0.5, 1.0, 1.5):
        spoken = samples.copy()
        spoken[1600 + 500 : 1600 + 500 + len(over)] += gain * over
        assert digits(spoken) == "8"


def test_voice_as_loud_as_the_digits_hides_few():
    samples = dial(DIGITS * 2, ms=80, pause_ms=80)
    heard = digits(samples + voice(len(samples) / 8000 + 1, seed=12)[: len(samples)] * 10 ** (8 / 20))
    assert len(heard) >= 20
    wanted = iter(DIGITS * 2)
    assert all(one in wanted for one in heard)

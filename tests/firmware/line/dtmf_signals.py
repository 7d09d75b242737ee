"""Digits as a sender makes them, and what a line does to them. Levels in dBm0, a tone each."""

import numpy as np

RATE = 8000
DIGITS = "123A456B789C*0#D"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
DIAL_TONES = {"cn": (450,), "eu": (425,), "us": (350, 440), "cn +25 Hz": (475,)}


def amplitude(dbm0):
    return 10 ** ((dbm0 - 3.14) / 20)


def sine(hz, count, dbm0=0.0, phase=0.3):
    return amplitude(dbm0) * np.sin(2 * np.pi * hz * np.arange(count) / RATE + phase)


def tone(digit, ms=50, level=-10, twist=0, low_off=0, high_off=0, phase=0.3):
    at, count = DIGITS.index(digit), round(ms * RATE / 1000)
    low = sine(LOW[at // 4] * (1 + low_off / 100), count, level + min(0, -twist), phase)
    return low + sine(HIGH[at % 4] * (1 + high_off / 100), count, level + min(0, twist), 1.1 + 2 * phase)


def dial(digits, ms=50, pause_ms=50, **how):
    """Float samples: 100 ms of silence, the digits, 100 ms."""
    parts = [np.zeros(800)]
    for k, digit in enumerate(digits):
        parts += [tone(digit, ms, phase=0.3 + 0.7 * k, **how), np.zeros(round(pause_ms * 8))]
    return np.concatenate([*parts, np.zeros(800)])


def noise(count, dbm0, seed=1):
    return np.random.default_rng(seed).standard_normal(count) * amplitude(dbm0) / np.sqrt(2)


def as_int16(samples):
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)


def a_law(samples):
    """G.711 A-law and back: 87.6 as the standard's curve, 8 bits."""
    size, curve = np.abs(np.clip(samples, -1, 1)), 1 + np.log(87.6)
    small = 87.6 * size / curve
    large = (1 + np.log(np.maximum(87.6 * size, 1))) / curve
    code = np.round(np.where(size < 1 / 87.6, small, large) * 127) / 127
    back = np.where(code < 1 / curve, code * curve / 87.6, np.exp(code * curve - 1) / 87.6)
    return np.sign(samples) * back


def mu_law(samples):
    """G.711 mu-law and back: 255, 8 bits."""
    code = np.round(np.log1p(255 * np.abs(np.clip(samples, -1, 1))) / np.log(256) * 127) / 127
    return np.sign(samples) * (256**code - 1) / 255


def voice(seconds, seed, f0_hz=(90, 250)):
    """Something as hard as a voice: gliding harmonics under moving formants, with breaks."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    at = np.arange(count) / RATE
    knots = np.arange(0, seconds + 1, 0.12)
    f0 = np.interp(at, knots, rng.uniform(*f0_hz, len(knots)))
    formants = [np.interp(at, knots, rng.uniform(*band, len(knots))) for band in ((300, 900), (900, 2300))]
    loud = np.interp(at, knots, rng.choice([0.0, 0.5, 1.0], len(knots)))
    turn, sound = np.cumsum(f0) / RATE, np.zeros(count)
    for k in range(1, 16):
        gain = sum(1 / (1 + ((k * f0 - formant) / 90) ** 2) for formant in formants)
        sound += gain * np.sin(2 * np.pi * k * turn + k)
    sound *= loud
    return sound / np.sqrt(np.mean(sound**2)) * amplitude(-15) / np.sqrt(2)

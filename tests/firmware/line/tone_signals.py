"""Call-progress tones as exchanges send them, from the line profiles."""

import numpy as np

from config.lines import load_line

RATE = 8000


def amplitude(dbm0):
    return 10 ** ((dbm0 - 3.14) / 20)


def quiet(seconds):
    return np.zeros(round(seconds * RATE))


def chord(hz, seconds, level, modulation_hz=0, phase=0.4):
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(amplitude(level) * np.sin(2 * np.pi * f * time + phase * k) for k, f in enumerate(hz, 1))
    return wave * (1 + 0.9 * np.sin(2 * np.pi * modulation_hz * time)) / 1.9 if modulation_hz else wave


def tone(line, kind, seconds, level=None, off_hz=0.0, stretch=1.0):
    """So many seconds of a network's tone."""
    one = getattr(load_line(line).tones, kind)
    hz = [f + off_hz for f in one.frequencies_hz]
    level = one.level_dbm0 if level is None else level
    if not one.cadence_ms:
        return chord(hz, seconds, level, one.modulation_hz)
    parts, number = [], 0
    while sum(map(len, parts)) < seconds * RATE:
        length = stretch * one.cadence_ms[number % len(one.cadence_ms)] / 1000
        alternate = one.alternate_db if number % 4 == 2 else 0.0
        parts.append(quiet(length) if number % 2 else chord(hz, length, level + alternate, one.modulation_hz))
        number += 1
    return np.concatenate(parts)[: round(seconds * RATE)]


def talk(seconds, level=-15.0, seed=1):
    """Harmonics of a moving pitch in syllables: no speech, but what a detector takes for it."""
    rng = np.random.default_rng(seed)
    parts = []
    while sum(map(len, parts)) < seconds * RATE:
        count = int(rng.uniform(0.12, 0.3) * RATE)
        pitch = np.linspace(*rng.uniform(90, 240, 2), count)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        wave = sum(np.sin(k * phase) / k for k in range(1, 14)) * np.hanning(count)
        parts += [
            wave / np.sqrt(np.mean(wave**2)) * amplitude(level) / np.sqrt(2),
            quiet(rng.uniform(0.03, 0.15)),
        ]
    return np.concatenate(parts)[: round(seconds * RATE)]


def ring(seconds, hz=25, size=0.9):
    return np.clip(1.5 * size * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE), -size, size)


def line_of(*parts, noise_dbm0=-65.0, seed=1):
    """The parts in a row on a line with noise, as int16."""
    samples = np.concatenate(parts)
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * amplitude(noise_dbm0) / np.sqrt(2)
    return np.clip((samples + noise) * 32768, -32768, 32767).astype(np.int16)

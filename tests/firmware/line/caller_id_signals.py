"""Caller id as an exchange sends it: bits to continuous-phase FSK, at 8 kHz. Levels in dBm0."""

import numpy as np

RATE = 8000
FINE = 8
TONES = {"bell202": (1200.0, 2200.0), "v23": (1300.0, 2100.0)}


def amplitude(dbm0):
    return 10 ** ((dbm0 - 3.14) / 20)


def sdmf(body):
    return bytes([0x04, len(body)]) + body


def mdmf(*parameters, kind=0x80):
    body = b"".join(bytes([key, len(value)]) + value for key, value in parameters)
    return bytes([kind, len(body)]) + body


def with_sum(message):
    return message + bytes([-sum(message) & 0xFF])


def bits_of(data, seizure=300, mark=180, gaps=()):
    """(bit, length in bits); gaps[i]: mark bits behind byte i."""
    bits = [(i % 2, 1.0) for i in range(seizure)] + [(1, float(mark))]
    for number, byte in enumerate(data):
        bits += [(0, 1.0), *((byte >> k & 1, 1.0) for k in range(8)), (1, 1.0)]
        if gaps:
            bits.append((1, gaps[number % len(gaps)]))
    return [*bits, (1, 4.0)]


def modulate(bits, standard="bell202", level=-13.5, speed=1.0, twist=0.0):
    """`speed`: of bit rate and tones, as one clock runs off. `twist`: space over mark in dB."""
    mark, space = (hz * speed for hz in TONES[standard])
    edges = np.cumsum([length for _, length in bits]) / (1200 * speed)
    time = (np.arange(int(edges[-1] * RATE * FINE)) + 0.5) / (RATE * FINE)
    place = np.minimum(np.searchsorted(edges, time, side="right"), len(bits) - 1)
    is_mark = np.array([bit for bit, _ in bits])[place] == 1
    phase = 2 * np.pi * np.cumsum(np.where(is_mark, mark, space)) / (RATE * FINE)
    wave = np.where(is_mark, 10 ** (-twist / 40), 10 ** (twist / 40)) * np.sin(phase)
    taps = np.sinc(np.arange(-64, 65) / FINE * 0.95) * np.hamming(129)
    return amplitude(level) * np.convolve(wave, taps / taps.sum(), "same")[FINE // 2 :: FINE]


def sent(message, seizure=300, mark=180, gaps=(), **how):
    """A message with its checksum."""
    return modulate(bits_of(with_sum(message), seizure, mark, gaps), **how)


def on_line(signal, noise_dbm0=-65.0, seed=1, before=2400, behind=3200):
    """Silence around it and noise under it, as int16."""
    samples = np.concatenate([np.zeros(before), signal, np.zeros(behind)])
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * amplitude(noise_dbm0) / np.sqrt(2)
    return np.clip((samples + noise) * 32768, -32768, 32767).astype(np.int16)

"""Independent ears for the tests: an FSK demodulator, a DTMF detector, levels."""

import numpy as np
from scipy import signal

FREQUENCIES = {"bell202": (1200, 2200), "v23": (1300, 2100)}
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = dict(zip(((low, high) for low in ROWS for high in COLUMNS), "123A456B789C*0#D", strict=True))


def fsk_bytes(sound: np.ndarray, standard: str) -> bytes:
    """Asynchronous words of 8 bits at 1200 bit/s, after a run of mark."""
    rate = 48000
    x = signal.resample_poly(sound.astype(float), 6, 1)
    time = np.arange(len(x)) / rate
    bit = rate // 1200
    energies = []
    for hertz in FREQUENCIES[standard]:
        mixed = x * np.exp(-2j * np.pi * hertz * time)
        energies.append(np.abs(np.convolve(mixed, np.ones(bit) / bit, "same")))
    level = energies[0] > energies[1]
    strong = energies[0] + energies[1] > 0.2 * np.max(energies[0] + energies[1])
    at, found = 0, bytearray()
    marks = np.convolve(level & strong, np.ones(60 * bit), "valid")
    begins = np.flatnonzero(marks >= 60 * bit - 8)
    if not len(begins):
        return b""
    at = begins[0] + 60 * bit
    while at + 10 * bit < len(level):
        falling = np.flatnonzero(~level[at : at + (30 if found else 300) * bit])
        if not len(falling):
            break
        start = at + falling[0]
        centres = start + bit // 2 + bit * np.arange(10)
        if centres[-1] >= len(level) or not strong[centres].all():
            break
        bits = level[centres]
        if bits[0] or not bits[9]:
            break
        found.append(sum(int(b) << i for i, b in enumerate(bits[1:9])))
        at = start + 9 * bit + bit // 2
    return bytes(found)


def dtmf_digits(sound: np.ndarray) -> str:
    """Keys heard for at least 30 ms."""
    found, last, run = "", "", 0
    tones = np.array([697, 770, 852, 941, 1209, 1336, 1477, 1633])
    block = 160
    window = np.exp(-2j * np.pi * np.outer(tones, np.arange(block)) / 8000) * np.hanning(block)
    for i in range(0, len(sound) - block, 80):
        piece = sound[i : i + block].astype(float)
        power = np.abs(window @ piece) ** 2
        low, high = int(np.argmax(power[:4])), 4 + int(np.argmax(power[4:]))
        total = (piece**2).sum() * (np.hanning(block) ** 2).mean() * block / 2
        key = ""
        if power[low] + power[high] > 0.6 * total and min(power[low], power[high]) > 1e9:
            key = KEYS[int(tones[low]), int(tones[high])]
        run = run + 1 if key == last else 1
        last = key
        if key and run == 3:
            found += key
    return found


def peaks_hz(sound: np.ndarray, count: int) -> list[int]:
    """The strongest frequencies, sorted."""
    spectrum = np.abs(np.fft.rfft(sound.astype(float) * np.hanning(len(sound))))
    chosen: list[int] = []
    for index in np.argsort(spectrum)[::-1]:
        hertz = round(index * 8000 / len(sound))
        if all(abs(hertz - other) > 15 for other in chosen):
            chosen.append(hertz)
        if len(chosen) == count:
            break
    return sorted(chosen)


def dbfs(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((sound.astype(float) ** 2).mean()) / 32768 + 1e-12))


def lag(heard: np.ndarray, spoken: np.ndarray) -> int:
    """Samples by which `heard` (same nominal start, with as much around it) is late."""
    found = signal.correlate(heard.astype(float), spoken.astype(float), "valid")
    return int(np.argmax(found)) - (len(heard) - len(spoken)) // 2

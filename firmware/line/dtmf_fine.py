"""Closer look at a tone pair: edges, frequencies, levels and steadiness, by complex demodulation each 1 ms.

Hann windows of 20 ms see nothing of dial tone 220 Hz below the lowest digit tone (-46 dB), keep the two tones
apart, and pass half the amplitude at the very edge of a tone, whatever its level: edges come out to 0.5 ms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ, Samples

STEP = 8
WINDOW_LENGTH = 160
HALF_WINDOW = WINDOW_LENGTH // 2
WINDOW = np.hanning(WINDOW_LENGTH + 1)[:-1]
GAIN = 2.0 / float(WINDOW.sum())
AT = np.arange(WINDOW_LENGTH)
BRIDGE = round(18.0 * SAMPLE_RATE_HZ / 1000 / STEP)  # steps: a break of 10 ms is bridged, 30 ms is a pause
HALF, LOW_EDGE, HIGH_EDGE = 0.5, 0.25, 0.75
SLOPE_MAX = 24  # steps: an edge that takes longer is told as this long
FAR = 0.035  # of the frequency looked for: no digit, and no second look
INSET = 4  # steps left out at each edge where frequency is measured
PLATEAU_INSET = 8  # the same where amplitude is

Complexes = NDArray[np.complex64]
Floats = NDArray[np.float32]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tone:
    """One of the two, amplitude with full scale 1.0.

    glide_rad: RMS of the phase's bend (a frequency that rises or falls); jitter_rad: of what is left of the
    phase then; ripple: relative spread of the amplitude between its 20th and 80th percentile.
    """

    hz: float
    amplitude: float
    glide_rad: float
    jitter_rad: float
    ripple: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Both tones sound from start to end (samples of what was measured). `open_*`: it reaches the edge of it.

    attack_ms, decay_ms: what both edges take from a quarter to three quarters of the level, 5 ms at best.
    """

    start: float
    end: float
    open_start: bool
    open_end: bool
    attack_ms: float
    decay_ms: float
    low: Tone
    high: Tone


def stretches(samples: Samples, low_hz: float, high_hz: float, core: slice) -> list[Stretch]:
    """Where both tones sound. `core`: the samples in which they are known to, whose level the others are
    compared with.
    """
    windows = windows_of(samples)
    inside = _steps(core, len(windows))
    low, high = demodulate(windows, low_hz, high_hz)
    span = _around(_spans(_level(low, high, inside)), inside)
    if span is None:
        return []
    off_low, off_high = _line(low, span)[0], _line(high, span)[0]
    if abs(off_low) > FAR * low_hz or abs(off_high) > FAR * high_hz:
        return []
    low_hz, high_hz = low_hz + off_low, high_hz + off_high
    low, high = demodulate(windows, low_hz, high_hz)  # again, at the frequencies that there are
    level = _level(low, high, inside)
    return [
        Stretch(
            start=_crossing(level, span[0]),
            end=_crossing(level, span[1]),
            open_start=span[0] == 0,
            open_end=span[1] == len(level),
            attack_ms=_slope(level[::-1], len(level) - span[0]),
            decay_ms=_slope(level, span[1]),
            low=measure_tone(low, span, low_hz),
            high=measure_tone(high, span, high_hz),
        )
        for span in _spans(level)
    ]


def windows_of(samples: Samples) -> Samples:
    """Windows of 20 ms each 1 ms, as a view."""
    stride = samples.strides[0]
    count = (len(samples) - WINDOW_LENGTH) // STEP + 1
    return np.ndarray((count, WINDOW_LENGTH), np.float32, samples, 0, (STEP * stride, stride))


def _steps(core: slice, count: int) -> slice:
    first = min(max(0, core.start - HALF_WINDOW) // STEP, count - 1)
    return slice(first, max((core.stop - HALF_WINDOW) // STEP, first) + 1)


def demodulate(windows: Samples, low_hz: float, high_hz: float) -> tuple[Complexes, Complexes]:
    """Complex amplitude of both tones each step, phase against a steady tone of that frequency."""
    turns = -2j * np.pi / SAMPLE_RATE_HZ * np.array([low_hz, high_hz])
    template = GAIN * WINDOW * np.exp(turns[:, None] * AT)
    parts = windows @ np.concatenate([template.real, template.imag]).T.astype(np.float32)
    back = np.exp(turns[:, None] * STEP * np.arange(len(windows)))
    both = ((parts[:, :2] + 1j * parts[:, 2:]).T * back).astype(np.complex64)
    return both[0], both[1]


def _level(low: Complexes, high: Complexes, inside: slice) -> Floats:
    """The weaker of the two, each against its own level inside."""
    sizes = np.abs(low), np.abs(high)
    low_level, high_level = (max(_percentile(size[inside], 0.7), 1e-9) for size in sizes)
    return np.minimum(sizes[0] / low_level, sizes[1] / high_level)


def _percentile(values: Floats, part: float) -> float:
    return float(np.sort(values)[int(part * (len(values) - 1))])


def _spans(level: Floats) -> list[Span]:
    """[first, last) of each run over HALF; breaks shorter than BRIDGE are filled."""
    on = np.zeros(len(level) + 2, np.int8)
    on[1:-1] = level > HALF
    edges = np.flatnonzero(np.diff(on)).tolist()
    found: list[Span] = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if found and first - found[-1][1] < BRIDGE:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _around(spans: list[Span], inside: slice) -> Span | None:
    def overlap(span: Span) -> int:
        return min(span[1], int(inside.stop)) - max(span[0], int(inside.start))

    return max(spans, key=overlap, default=None)


def _line(tone: Complexes, span: Span) -> tuple[float, float, float]:
    """Frequency off the one demodulated at (Hz); RMS of the phase's bend and of what is left (rad)."""
    inset = max(0, min(INSET, (span[1] - span[0] - 4) // 2))
    part = tone[span[0] + inset : span[1] - inset]
    if len(part) < 4:
        return 0.0, np.pi, np.pi
    phase = np.zeros(len(part), np.float32)
    np.cumsum(np.angle(part[1:] * part[:-1].conj()), out=phase[1:])
    weight = part.real**2 + part.imag**2
    weight = weight / (weight.sum() + np.float32(1e-30))
    at = np.arange(len(part), dtype=np.float32)
    at -= weight @ at
    phase -= weight @ phase
    spread = max(float(weight @ at**2), 1e-9)
    slope = float(weight @ (at * phase)) / spread
    phase -= slope * at
    bow = at**2 - np.float32(spread)
    bow -= float(weight @ (at * bow)) / spread * at
    size = max(float(weight @ bow**2), 1e-9)
    bend = float(weight @ (bow * phase)) / size
    rest = phase - bend * bow
    hz = slope * SAMPLE_RATE_HZ / (2 * np.pi * STEP)
    return hz, abs(bend) * float(np.sqrt(size)), float(np.sqrt(weight @ rest**2))


def measure_tone(tone: Complexes, span: Span, hz: float) -> Tone:
    """The tone demodulated at `hz`, between the steps of span."""
    off, glide, jitter = _line(tone, span)
    inset = max(0, min(PLATEAU_INSET, (span[1] - span[0] - 5) // 2))
    size = np.sort(np.abs(tone[span[0] + inset : span[1] - inset]))
    middle, last = float(size[len(size) // 2]), len(size) - 1
    ripple = float(size[int(0.8 * last)] - size[int(0.2 * last)]) / max(middle, 1e-9)
    return Tone(hz + off, middle, glide, jitter, ripple)


def _crossing(level: Floats, at: int) -> float:
    """Sample at which the level passes HALF, between the steps at - 1 and at."""
    if at in (0, len(level)):
        return float(at * STEP + HALF_WINDOW)
    before, after = float(level[at - 1]), float(level[at])
    return (at - 1 + (HALF - before) / (after - before)) * STEP + HALF_WINDOW


def _slope(level: Floats, end: int) -> float:
    """Milliseconds from the last step over HIGH_EDGE before `end` to the first under LOW_EDGE after."""
    over = np.flatnonzero(level[max(0, end - SLOPE_MAX) : end] > HIGH_EDGE)
    under = np.flatnonzero(level[end : end + SLOPE_MAX] < LOW_EDGE)
    before = min(SLOPE_MAX, end) - int(over[-1]) if len(over) else SLOPE_MAX
    return float(before + (int(under[0]) if len(under) else SLOPE_MAX))

"""What a voice leaves of a digit: the longest part of a stretch through which both tones hold still."""

import numpy as np
from numpy.typing import NDArray

from firmware.line.blocks import Samples
from firmware.line.dtmf_fine import (
    HALF_WINDOW,
    STEP,
    Complexes,
    Span,
    Stretch,
    demodulate,
    measure_tone,
    windows_of,
)

SHORTEST = 36  # steps of 1 ms
OFF_RAD = 0.5  # that the phase may be away from that of a steady tone
LEAST, MOST = 0.55, 1.6  # of the middle amplitude
AT_EDGE = 6  # steps: the part reaches the edge of the stretch
CUT_EDGE_MS = 9.0  # what an edge that the voice hides counts as: neither steep nor slow


def steady_part(samples: Samples, whole: Stretch, low_hz: float, high_hz: float) -> Stretch | None:
    """The part of a stretch (of the same samples), or None if nothing holds still for long enough."""
    windows = windows_of(samples)
    first = max(0, round((whole.start - HALF_WINDOW) / STEP))
    last = min(len(windows), round((whole.end - HALF_WINDOW) / STEP) + 1)
    if last - first < SHORTEST:
        return None
    low, high = demodulate(windows[first:last], low_hz, high_hz)
    span = _longest(_still(low) & _still(high))
    if span[1] - span[0] < SHORTEST:
        return None
    at_start, at_end = span[0] <= AT_EDGE, span[1] >= last - first - AT_EDGE
    return Stretch(
        start=whole.start if at_start else float((first + span[0]) * STEP + HALF_WINDOW),
        end=whole.end if at_end else float((first + span[1]) * STEP + HALF_WINDOW),
        open_start=False,
        open_end=False,
        attack_ms=whole.attack_ms if at_start else CUT_EDGE_MS,
        decay_ms=whole.decay_ms if at_end else CUT_EDGE_MS,
        low=measure_tone(low, span, low_hz),
        high=measure_tone(high, span, high_hz),
    )


def _still(tone: Complexes) -> NDArray[np.bool_]:
    """Steps at which phase and amplitude are those of a steady tone, by the middle of all."""
    turns = np.sort(np.angle(tone[1:] * tone[:-1].conj()))
    back = np.exp(-1j * turns[len(turns) // 2] * np.arange(len(tone)))
    steady = tone * back
    off = np.abs(np.angle(steady * np.exp(-1j * np.angle(_unit(steady).mean()))))
    size = np.abs(tone)
    middle = np.sort(size)[len(size) // 2]
    return np.asarray((off < OFF_RAD) & (size > LEAST * middle) & (size < MOST * middle))


def _unit(values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    return np.asarray(values / np.maximum(np.abs(values), 1e-12))


def _longest(on: NDArray[np.bool_]) -> Span:
    """[first, last) of the longest run of True; (0, 0): there is none."""
    padded = np.zeros(len(on) + 2, np.int8)
    padded[1:-1] = on
    edges = np.flatnonzero(np.diff(padded)).tolist()
    return max(zip(edges[::2], edges[1::2], strict=True), key=lambda span: span[1] - span[0], default=(0, 0))

"""Sound files of any rate and count of channels as 8 kHz blocks, and hook edges from JSON."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from firmware.line.blocks import SAMPLE_RATE_HZ

BLOCK_S = 1
RATE_MIN_HZ, RATE_MAX_HZ = 4000, 384_000


class UnreadableError(Exception):
    """A sentence that says which file, what is wrong and what would do."""


def blocks_of(path: Path) -> Iterator[NDArray[np.float32]]:
    """Blocks of at most a second, all channels added: agent left and far end right are one line again.

    UnreadableError: no sound file, or one that cannot be a telephone line.
    """
    try:
        with soundfile.SoundFile(path) as file:
            yield from _resampled(file)
    except soundfile.LibsndfileError as error:
        why = error.error_string.rstrip(".")
        raise UnreadableError(
            f"{path}: no sound file that can be read ({why}); wav, flac, ogg can"
        ) from error


def _resampled(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    rate_hz = int(file.samplerate)
    if not RATE_MIN_HZ <= rate_hz <= RATE_MAX_HZ:
        raise UnreadableError(f"{file.name}: {rate_hz} Hz: must be {RATE_MIN_HZ} to {RATE_MAX_HZ} Hz")
    if rate_hz == SAMPLE_RATE_HZ:
        yield from _mono(file, rate_hz)
        return
    stream = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")
    for block in _mono(file, rate_hz):
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _mono(file: soundfile.SoundFile, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    for block in file.blocks(rate_hz * BLOCK_S, dtype="float32", always_2d=True):
        yield np.ascontiguousarray(block.sum(axis=1))


def edges_of(path: Path) -> list[tuple[float, bool]]:
    """[[seconds, off_hook], …] in order of time. UnreadableError says which entry is wrong."""
    try:
        rows: Any = json.loads(path.read_bytes())
    except ValueError as error:
        raise UnreadableError(
            f"{path}: not JSON ({error}); a list like [[0.5, true], [9.0, false]] is"
        ) from error
    if not isinstance(rows, list):
        raise UnreadableError(
            f"{path}: must be a list of [seconds, off_hook], as [[0.5, true], [9.0, false]]"
        )
    edges = [_edge(path, number, row) for number, row in enumerate(rows, 1)]
    for number, (before, after) in enumerate(pairwise(edges), 2):
        if after[0] < before[0]:
            raise UnreadableError(
                f"{path}: edge {number} at {after[0]} s: must not be before the one ahead of it"
            )
    return edges


def _edge(path: Path, number: int, row: Any) -> tuple[float, bool]:
    if isinstance(row, list) and len(row) == 2 and isinstance(row[1], bool | int):
        at_s, off_hook = row
        if isinstance(at_s, int | float) and not isinstance(at_s, bool) and 0 <= at_s < float("inf"):
            return float(at_s), bool(off_hook)
    raise UnreadableError(
        f"{path}: edge {number} is {json.dumps(row)[:60]}: must be [seconds, true or false]"
    )

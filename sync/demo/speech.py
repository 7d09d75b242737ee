"""Real speech for the two ends of the line: two voices, files long enough to be a sentence."""

import random
from pathlib import Path

import soundfile

AGENT = "asterisk-core-sounds-en-wav"
CUSTOMER = "pocketsphinx-testdata"
SHORTEST_S, LONGEST_S = 2.5, 8.0


class SpeechError(Exception):
    """There is no speech to place calls with; the message says how to get some."""


class Speech:
    """Sentences of two voices, drawn with a seed so that a run can be repeated."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - a choice of sentences, no secret
        self._agent = _sentences(folder / AGENT)
        self._customer = _sentences(folder / CUSTOMER)

    def agent(self) -> Path:
        return self._draw.choice(self._agent)

    def customer(self) -> Path:
        return self._draw.choice(self._customer)


def _sentences(folder: Path) -> list[Path]:
    found = [path for path in sorted(folder.rglob("*.wav")) if SHORTEST_S <= _seconds(path) <= LONGEST_S]
    if not found:
        raise SpeechError(f"no speech of {SHORTEST_S} to {LONGEST_S} s in {folder}: `make demo` fetches it")
    return found


def _seconds(path: Path) -> float:
    return float(soundfile.info(path).duration)

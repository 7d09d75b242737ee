"""Who spoke when: talk, listen, silence, overlap of a call, from the speech of its two sides."""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.line.speech import Speech

ONE_SIDED = 0.02  # of the call: a side that speaks less is not heard


@dataclass(frozen=True, slots=True)
class Ratios:
    """Parts of the call, together 1: the agent alone, the far end alone, neither, both."""

    talk: float
    listen: float
    silence: float
    overlap: float

    @property
    def one_sided(self) -> bool:
        """One side speaks and the other hardly ever: a wire off, a mute, or a voice mailbox."""
        sides = self.talk + self.overlap, self.listen + self.overlap
        return max(sides) > 10 * ONE_SIDED and min(sides) < ONE_SIDED


def ratios(agent: Iterable[Speech], far: Iterable[Speech], samples: int) -> Ratios:
    """Stretches of each side in order of time; `samples`: length of the call. ValueError: no length."""
    if samples <= 0:
        raise ValueError(f"a call of {samples} samples has no ratios")
    edges = [
        (at, side, step) for side, told in enumerate((agent, far)) for one in told for at, step in _edges(one)
    ]
    spoken, depth, before = (
        {(True, False): 0, (False, True): 0, (True, True): 0, (False, False): 0},
        [0, 0],
        0,
    )
    for at, side, step in [*sorted(edges), (samples, 0, 0)]:
        here = min(max(at, 0), samples)
        spoken[depth[0] > 0, depth[1] > 0] += here - before
        depth[side] += step
        before = here
    return Ratios(
        talk=spoken[True, False] / samples,
        listen=spoken[False, True] / samples,
        silence=spoken[False, False] / samples,
        overlap=spoken[True, True] / samples,
    )


def _edges(one: Speech) -> tuple[tuple[int, int], tuple[int, int]]:
    return (one.start_sample, 1), (one.end_sample, -1)

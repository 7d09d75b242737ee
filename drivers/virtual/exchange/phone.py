"""The phone: a handset on a cradle whose contact bounces, and a keypad."""

import random
from collections.abc import Callable

import numpy as np

from drivers.virtual.errors import VerbRefusedError
from drivers.virtual.exchange.listener import Note
from drivers.virtual.signals.tap import Tap
from drivers.virtual.signals.tones import DTMF_KEYS, dtmf_digit, hook_click
from drivers.virtual.signals.voices import Voice
from drivers.virtual.timeline import Timeline, samples_of_ms

CLICK_PEAK = 0.05
BOUNCES = (2, 5)
"""Interruptions of the contact at each edge; measured hook switches do 1 to 10."""


class Phone:
    """Hook and keypad. `show_sensor(sample, lifted)` is every edge of the contact, bounces too."""

    def __init__(
        self, timeline: Timeline, tap: Tap, note: Note, *, bounce_ms: int, seed: int,
        show_sensor: Callable[[int, bool], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._tap = tap
        self._note = note
        self._bounce_ms = bounce_ms
        self._random = random.Random(seed)  # noqa: S311 - bounce, not a secret
        self._show_sensor = show_sensor
        self.lifted = False

    def move(self, *, lifted: bool) -> None:
        """Lift or replace. Refused when it is there already."""
        if lifted == self.lifted:
            raise VerbRefusedError(f"the handset is {'lifted' if lifted else 'on the cradle'} already")
        self.lifted = lifted
        self._tap.off_hook = lifted
        head = self._timeline.head
        self._tap.signals.add(Voice(head, hook_click(CLICK_PEAK if lifted else -CLICK_PEAK)))
        edges = self._bounce_samples()
        for index, offset in enumerate(edges):
            self._show_sensor(head + offset, lifted if index % 2 == 0 else not lifted)
        self._note("hook", lifted=lifted, bounces=len(edges) // 2)

    def press(self, digits: str, start: int, *, on_ms: int, off_ms: int,
              level_dbm0: float, twist_db: float) -> list[tuple[str, int, int]]:  # fmt: skip
        """Send DTMF from sample `start` on; gives (digit, first sample, end sample) of each."""
        if not digits or set(digits) - set(DTMF_KEYS):
            raise VerbRefusedError(f"{digits!r}: a number is made of 0-9, *, #, A-D")
        if not (1 <= on_ms <= 10_000 and 0 <= off_ms <= 10_000):
            raise VerbRefusedError("on_ms must be 1 to 10000, off_ms 0 to 10000")
        placed = []
        for digit in digits:
            end = start + samples_of_ms(on_ms)
            self._tap.near.add(Voice(start, dtmf_digit(digit, on_ms, level_dbm0, twist_db)))
            self._note("dtmf", sample=start, end_sample=end, digit=digit)
            placed.append((digit, start, end))
            start = end + samples_of_ms(off_ms)
        return placed

    def _bounce_samples(self) -> list[int]:
        """Offsets of the contact's edges: an odd number, the first at 0, the last within bounce_ms."""
        if not self._bounce_ms:
            return [0]
        pairs = self._random.randint(*BOUNCES)
        last = samples_of_ms(self._bounce_ms)
        inner = np.array(sorted(self._random.sample(range(4, max(last, 5 + 2 * pairs)), 2 * pairs)))
        return [0, *(int(offset) for offset in inner)]

"""What hook edges mean: off-hook, on-hook, flash, pulse digits. Seconds of any clock.

    reader = HookReader(HookTimes.of(load_line("cn").hook))
    for at_s, off_hook in edges: events += reader.edge(at_s, off_hook)
    events += reader.finish()          # or, live: reader.passed(now_s) when reader.deadline_s has come

A break of the loop is, by its length: bounce; a dial pulse; a flash; the end of the call. A break alone
that could be the digit 1 as well as a flash (50 to 130 ms) is the digit where other breaks of that kind are
within ALONE_S of it, or pulses were dialled since the handset was lifted or flashed; else it is a flash if
the network takes so short a flash, and the digit 1 if not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from firmware.line.hook_levels import Level, Settle
from firmware.line.pulse import BREAK_MIN_S, MAKE_MAX_S, Break, belongs, digit_of, may_be_pulse

ALONE_S = 2.0
CLEAR_S = 1.25  # exchanges hold a call at least so long: what is above the profile's flash may still be one
SURE, LIKELY, OPEN = 950, 700, 500


class _Profile(Protocol):
    """The part of config.lines.HookTimes that is used here."""

    @property
    def flash_min_ms(self) -> int: ...
    @property
    def flash_max_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class HookTimes:
    """flash_min_s to flash_max_s: a flash for sure; up to clear_s: likely one; longer: replaced."""

    flash_min_s: float = 0.09
    flash_max_s: float = 1.0
    clear_s: float = CLEAR_S

    def __post_init__(self) -> None:
        if not BREAK_MIN_S <= self.flash_min_s < self.flash_max_s <= self.clear_s:
            raise ValueError(f"{self}: must be {BREAK_MIN_S} <= flash_min_s < flash_max_s <= clear_s")

    @classmethod
    def of(cls, profile: _Profile) -> "HookTimes":
        longest = profile.flash_max_ms / 1000
        return cls(profile.flash_min_ms / 1000, longest, max(longest, CLEAR_S))


@dataclass(frozen=True, slots=True)
class HookEvent:
    """off_hook, on_hook: since then; flash: the break began then, for `seconds`. Confidence: thousandths."""

    kind: Literal["off_hook", "on_hook", "flash"]
    at_s: float
    confidence: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PulseDigit:
    """From the first break of the loop to the end of the last."""

    digit: str = field(repr=False)
    start_s: float
    end_s: float
    confidence: int


Event = HookEvent | PulseDigit


class HookReader:
    """Edges in order of time; events come in order of time too, each once it is sure."""

    def __init__(self, times: HookTimes | None = None) -> None:
        self._times = times or HookTimes()
        self._settle = Settle()
        self._broken_s: float | None = None  # the loop is open since then
        self._lifted = False
        self._lifting_s: float | None = None  # off-hook since then, not sure yet
        self._train: list[Break] = []
        self._alone: Break | None = None  # a break that is a flash or a 1
        self._dialled = False  # pulses, since lifted or flashed

    @property
    def deadline_s(self) -> float | None:
        """When `passed` will have something to tell, if no edge comes."""
        waits = [self._settle.deadline_s]
        if self._lifting_s is not None:
            waits.append(self._lifting_s + BREAK_MIN_S)
        if self._broken_s is not None:
            waits.append(self._broken_s + self._times.clear_s)
        elif self._train:
            waits.append(self._train[-1].end_s + MAKE_MAX_S)
        elif self._alone is not None:
            waits.append(self._alone.end_s + ALONE_S)
        return min((wait for wait in waits if wait is not None), default=None)

    def edge(self, at_s: float, off_hook: bool) -> list[Event]:
        """Take a raw or debounced edge (or a reading of the same level again)."""
        told = self.passed(at_s)
        level = self._settle.edge(at_s, off_hook)
        return told + (self._take(level) if level else [])

    def passed(self, now_s: float) -> list[Event]:
        """Time has come to `now_s` without an edge."""
        level = self._settle.passed(now_s)
        told = self._take(level) if level else []
        return told + self._wait(now_s)

    def finish(self) -> list[Event]:
        """No edges will come: what is open is decided by what is known."""
        level = self._settle.passed(float("inf"))
        told = self._take(level) if level else []
        return told + self._wait(float("inf"))

    def _wait(self, now_s: float) -> list[Event]:
        """What the passing of time alone decides."""
        told: list[Event] = []
        if self._lifting_s is not None and now_s >= self._lifting_s + BREAK_MIN_S:
            told.append(HookEvent("off_hook", self._lifting_s, SURE))
            self._lifted, self._dialled, self._lifting_s = True, False, None
        if self._train and self._broken_s is None and now_s >= self._train[-1].end_s + MAKE_MAX_S:
            told += self._end_train()
        if self._broken_s is not None and now_s >= self._broken_s + self._times.clear_s:
            told += [*self._end_train(), *self._settle_alone(), HookEvent("on_hook", self._broken_s, SURE)]
            self._lifted, self._broken_s = False, None
        if self._alone is not None and now_s >= self._alone.end_s + ALONE_S:
            told += self._settle_alone()
        return told

    def _take(self, level: Level) -> list[Event]:
        told = self._wait(level.at_s)
        if not level.off_hook:
            self._broken_s = level.at_s if self._lifted else None
            self._lifting_s = None
            return told
        if self._broken_s is None:
            self._lifting_s = level.at_s
            return told
        ended, self._broken_s = Break(self._broken_s, level.at_s), None
        return told + self._take_break(ended)

    def _take_break(self, ended: Break) -> list[Event]:
        if ended.seconds < BREAK_MIN_S:
            return []
        if self._train and belongs(self._train, ended):
            self._train.append(ended)
            return []
        told = self._end_train()
        if may_be_pulse(ended):
            self._train = [ended]
            return told
        return [*told, *self._settle_alone(), self._flash(ended)]

    def _end_train(self) -> list[Event]:
        train, self._train = self._train, []
        if not train:
            return []
        if len(train) == 1 and not self._dialled:
            return self._keep_alone(train[0])
        digit = digit_of(train)
        if digit is None:
            return []
        self._dialled = True
        return [*self._settle_alone(), PulseDigit(digit, train[0].start_s, train[-1].end_s, SURE)]

    def _keep_alone(self, one: Break) -> list[Event]:
        """The first pulse of its kind: wait for what follows, unless it is itself what followed another."""
        if self._alone is None or one.start_s - self._alone.end_s > ALONE_S:
            told, self._alone = self._settle_alone(), one
            return told
        self._dialled = True
        return [*self._settle_alone(), PulseDigit("1", one.start_s, one.end_s, LIKELY)]

    def _settle_alone(self) -> list[Event]:
        one, self._alone = self._alone, None
        if one is None:
            return []
        if self._dialled or one.seconds < self._times.flash_min_s:
            sure = LIKELY if self._dialled else OPEN
            self._dialled = True
            return [PulseDigit("1", one.start_s, one.end_s, sure)]
        return [self._flash(one)]

    def _flash(self, ended: Break) -> HookEvent:
        self._dialled = False
        known = self._times.flash_min_s <= ended.seconds <= self._times.flash_max_s
        return HookEvent("flash", ended.start_s, SURE if known else OPEN, ended.seconds)


def read_hook(edges: Iterable[tuple[float, bool]], times: HookTimes | None = None) -> list[Event]:
    """A whole list of edges at once."""
    reader = HookReader(times)
    told = [event for at_s, off_hook in edges for event in reader.edge(at_s, off_hook)]
    return told + reader.finish()

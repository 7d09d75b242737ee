"""Pulse dialling: breaks of the loop that follow each other at 8 to 22 a second are one digit.

Receivers accept 9 to 22 pulses a second with 50 to 77 % break, and digits 250 ms apart; a break alone may be
the digit 1 or a flash, which is for the hook to tell (firmware.line.hook).
"""

from dataclasses import dataclass

BREAK_MIN_S = 0.02  # 20 pulses a second at 50 %: 25 ms
BREAK_MAX_S = 0.115  # 8 a second at 77 %: 96 ms
MAKE_MAX_S = 0.12
MOST = 10
SPREAD_MAX = 2.0  # longest over shortest break of one digit: a dial is steadier than fingers


@dataclass(frozen=True, slots=True)
class Break:
    """The loop was open from start to end."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


def may_be_pulse(one: Break) -> bool:
    return BREAK_MIN_S <= one.seconds <= BREAK_MAX_S


def belongs(train: list[Break], one: Break) -> bool:
    """Whether this break goes on the digit that the train has begun."""
    return may_be_pulse(one) and may_be_pulse(train[-1]) and one.start_s - train[-1].end_s <= MAKE_MAX_S


def digit_of(train: list[Break]) -> str | None:
    """1 to 9, ten pulses are 0; None: these are no pulses of a dial."""
    lengths = [one.seconds for one in train]
    if len(train) > MOST or not all(map(may_be_pulse, train)) or max(lengths) > SPREAD_MAX * min(lengths):
        return None
    return str(len(train) % MOST)

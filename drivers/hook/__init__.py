"""Hook: is the handset up?

A sensor gives debounced edges; whether a short on-hook time is a flash or the end of a call is for the call
machine. `at_ns` is CLOCK_MONOTONIC at the edge, not at the end of the debouncing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HookLifted:
    at_ns: int


@dataclass(frozen=True, slots=True)
class HookReplaced:
    at_ns: int


HookEvent = HookLifted | HookReplaced


class HookSensor(Protocol):
    """What an implementation must do.

    On-hook is the assumed beginning: a handset found up at `start` gives HookLifted. Lifted and replaced
    alternate strictly. A lost edge is found by reading the level; `at_ns` is then the time of that reading.
    """

    def start(self, emit: Callable[[HookEvent], None]) -> None:
        """Begin, with a first look: `is_lifted` tells from now on. A missing sensor is waited for, no error.

        `emit` is called from the driver's thread and must not block.
        """
        ...

    def is_lifted(self) -> bool | None:
        """The debounced level; None: cannot tell (no sensor, out of reach, silent so far, chattering on)."""
        ...

    def close(self) -> None:
        """End; no event after it returns. Twice is allowed."""
        ...

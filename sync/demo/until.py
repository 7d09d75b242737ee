"""Wait until something is true, with a bound and a sentence for the one who waits in vain."""

import time
from collections.abc import Callable

LIMIT_S = 30.0
STEP_S = 0.05


class NeverError(Exception):
    """It did not come true in time; the message says what was waited for."""


def until(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """Return when `condition` holds; NeverError after `limit_s`."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise NeverError(f"waited {limit_s:.0f} s in vain: {what}")
        time.sleep(STEP_S)

"""Which recording a replica gets next. Pure.

The running call first, so that a desk that burns loses 2 s; then the newest of the last hour, since somebody
may look for it now; then the oldest, so that the backlog drains from its far end.
"""

from collections.abc import Iterable

from sync.agent.shelf import Item

FRESH_S = 3600.0


def first(items: Iterable[Item], now: float) -> Item | None:
    """The one to work on; `now` is wall-clock seconds as in `Item.since`."""
    return min(items, key=lambda item: _rank(item, now), default=None)


def _rank(item: Item, now: float) -> tuple[int, int]:
    if not item.final:
        return (0, -item.seq)
    if abs(now - item.since) < FRESH_S:  # abs: a clock that was stepped back makes times of the future
        return (1, -item.seq)
    return (2, item.seq)

"""Recordings that some replica may still lack: shared by the owner thread and the uploaders.

The owner fills it from the spool and recorder.json; each uploader takes from it what its replica needs and
sleeps on it. An item is replaced, never changed.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Item:
    """One recording. `size`: bytes that may leave the desk now; `final`: no more will come.

    `since`: wall-clock seconds of its last change; `receipts`: names of the replicas that hold it.
    """

    seq: int
    path: Path
    size: int
    final: bool
    since: float
    receipts: frozenset[str] = field(default=frozenset())


class Shelf:
    """All methods may be called from any thread."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._changed = threading.Condition()
        self._version = 0
        self._closed = False

    def put(self, item: Item) -> None:
        """Add or replace; wakes the uploaders when it says something new."""
        with self._changed:
            if self._items.get(item.seq) != item:
                self._items[item.seq] = item
                self._notify()

    def replace_all(self, items: Iterable[Item]) -> None:
        """What a scan of the spool found is all there is."""
        with self._changed:
            found = {item.seq: item for item in items}
            if found != self._items:
                self._items = found
                self._notify()

    def add_receipt(self, seq: int, replica: str) -> None:
        with self._changed:
            if item := self._items.get(seq):
                self._items[seq] = replace(item, receipts=item.receipts | {replica})
                self._notify()

    def moved(self, seq: int, path: Path) -> None:
        with self._changed:
            if item := self._items.get(seq):
                self._items[seq] = replace(item, path=path)

    def get(self, seq: int) -> Item | None:
        with self._changed:
            return self._items.get(seq)

    def lacking(self, replica: str) -> list[Item]:
        """Recordings without this replica's receipt, in no order."""
        with self._changed:
            return [item for item in self._items.values() if replica not in item.receipts]

    def items(self) -> list[Item]:
        with self._changed:
            return list(self._items.values())

    @property
    def version(self) -> int:
        return self._version

    @property
    def closed(self) -> bool:
        return self._closed

    def wait(self, version: int, timeout_s: float | None) -> None:
        """Return when the shelf has changed since `version`, is closed, or time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version or self._closed, timeout_s)

    def wait_closed(self, timeout_s: float) -> bool:
        """Back-off that ends early only at the end of the process."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, timeout_s)

    def wake(self) -> None:
        with self._changed:
            self._notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._notify()

    def _notify(self) -> None:
        self._version += 1
        self._changed.notify_all()

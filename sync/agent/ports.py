"""What the agent asks of the ledger, and the one place that fulfils it by `firmware.ledger`."""

from collections.abc import Iterator
from typing import Protocol

from firmware.evidence.canonical import JsonObject
from firmware.evidence.entry import Entry
from firmware.ledger.ledger import Ledger
from firmware.ledger.reader import LedgerReader


class LedgerPort(Protocol):
    """Entries go by their bytes: who needs to look into one parses it."""

    def append(self, kind: str, body: JsonObject) -> Entry:
        """The new entry, durable on return. LedgerError: nothing was appended."""
        ...

    def last_seq(self) -> int:
        """0 in an empty ledger."""
        ...

    def read(self, first_seq: int, limit: int) -> list[bytes]:
        """At most `limit` entries from `first_seq` on, oldest first."""
        ...

    def since(self, first_seq: int, kind: str) -> Iterator[bytes]:
        """Entries of this kind from `first_seq` on, oldest first."""
        ...


class DeskLedger:
    """Appends by one connection, reads by another that follows a ledger that was set aside."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._reader = ledger, LedgerReader(ledger.path)

    def append(self, kind: str, body: JsonObject) -> Entry:
        return self._ledger.append(kind, body)

    def last_seq(self) -> int:
        return self._reader.last_seq()

    def read(self, first_seq: int, limit: int) -> list[bytes]:
        return self._reader.read(first_seq, limit)

    def since(self, first_seq: int, kind: str) -> Iterator[bytes]:
        return self._reader.since(first_seq, kind)

    def close(self) -> None:
        self._reader.close()
        self._ledger.close()

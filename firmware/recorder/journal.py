"""The ledger as the recorder's owner thread uses it: what the disk refuses now is kept, in order, and
tried again.

An entry that is kept is not durable. Only an off_hook entry may not be late: its number names the call.
"""

import logging
from collections import deque
from typing import NamedTuple

from firmware.evidence.entry import Entry
from firmware.ledger import Body, Ledger, LedgerBlockedError
from firmware.log import event
from firmware.recorder.troubles import Troubles
from firmware.spool import Spool

log = logging.getLogger(__name__)

MAX_KEPT = 1000  # entries: a day of calls; a disk that refuses for longer needs a person


class _Kept(NamedTuple):
    kind: str
    body: Body


class Journal:
    """Owner thread only."""

    def __init__(self, ledger: Ledger, spool: Spool, troubles: Troubles) -> None:
        self._ledger = ledger
        self._spool = spool
        self._troubles = troubles
        self._kept: deque[_Kept] = deque()
        self.seq = 0

    @property
    def kept(self) -> int:
        """Entries that are not durable yet."""
        return len(self._kept)

    @property
    def blocked(self) -> bool:
        return bool(self._kept)

    def append(self, kind: str, body: Body, now_ns: int) -> Entry | None:
        """The durable entry, or None: the ledger is blocked, and the entry is kept until it is not."""
        entry = self.append_now(kind, body, now_ns)
        if entry is None:
            if len(self._kept) >= MAX_KEPT:
                event(log, "entry_dropped", level=logging.CRITICAL, kind=kind)
                return None
            self._kept.append(_Kept(kind, body))
        return entry

    def append_now(self, kind: str, body: Body, now_ns: int) -> Entry | None:
        """The durable entry, or None and nothing kept."""
        return self._append(kind, body, now_ns) if self.flush(now_ns) else None

    def flush(self, now_ns: int) -> bool:
        """Append what was kept; True when nothing is left."""
        while self._kept:
            if self._append(*self._kept[0], now_ns) is None:
                return False
            self._kept.popleft()
        return True

    def _append(self, kind: str, body: Body, now_ns: int) -> Entry | None:
        for last_try in (False, True):
            try:
                entry = self._ledger.append(kind, body)
            except LedgerBlockedError as error:
                self._troubles.put("ledger_blocked", str(error), now_ns)
                if last_try or not self._spool.release_reserve():
                    return None
                continue
            self._troubles.put("ledger_blocked", "", now_ns)
            self.seq = entry.seq
            return entry
        return None

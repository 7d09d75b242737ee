"""The whole chain, verified a little at a time, so that a long ledger delays nothing.

Rot in an old entry breaks no head: it is a finding, and the vaults hold the verified copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware.evidence.chain import ChainError, ChainWalker
from firmware.ledger.reader import LedgerReader

if TYPE_CHECKING:  # cryptography behind it costs 7 MB, which a process that only appends saves
    from firmware.evidence.keys import VerifyKey

STEP = 64  # entries a second, about 5 ms of a slow core


class ChainWalk:
    """`step` now and then, until `done`; `problem` is the first break found, or empty."""

    def __init__(self, reader: LedgerReader, *, desk: str, key: VerifyKey | None) -> None:
        self._reader = reader
        self._walker = ChainWalker(desk=desk, key=key)
        self.done = False
        self.problem = ""

    @property
    def seq(self) -> int:
        """Everything up to here holds together."""
        return self._walker.seq

    def step(self, limit: int = STEP) -> None:
        if self.done:
            return
        entries = self._reader.read(self._walker.seq + 1, limit)
        try:
            for raw in entries:
                self._walker.take(raw)
        except ChainError as error:
            self.problem = str(error)
        self.done = bool(self.problem) or not entries

"""The append-only chain of a desk, in SQLite.

    ledger, broken = open_ledger(path, desk="sh01-d017", clock=clock, key=key)    # the recorder, at its start
    ledger = Ledger(path, desk="sh01-d017", clock=clock, key=key)                 # everybody else
    entry = ledger.append("off_hook", {})                       # durable when it returns
    ledger.append("recording", lambda link: {…, "details": seal_details(recipient, desk, link.seq, …)})
    LedgerReader(path).read(entry.seq, 100)                     # bytes, oldest first

An entry is durable before its effect is shown anywhere. No number, digit or name stands in it in clear.
"""

from firmware.ledger.errors import LedgerBlockedError, LedgerBrokenError, LedgerError
from firmware.ledger.ledger import Body, Ledger, Link
from firmware.ledger.opening import BrokenChain, open_ledger
from firmware.ledger.reader import LedgerReader

__all__ = [
    "Body",
    "BrokenChain",
    "Ledger",
    "LedgerBlockedError",
    "LedgerBrokenError",
    "LedgerError",
    "LedgerReader",
    "Link",
    "open_ledger",
]

"""Errors of the ledger.

LedgerError            the ledger cannot do what was asked; the message is a sentence a person can act on
├── LedgerBlockedError it cannot be written now (full disk, locked for too long): may work again later
└── LedgerBrokenError  its file or its head does not verify: never repaired, set aside at the next start
"""


class LedgerError(Exception):
    """Root of this package's errors."""


class LedgerBlockedError(LedgerError):
    """An append did not happen and changed nothing."""


class LedgerBrokenError(LedgerError):
    """What is stored is not a chain of this desk."""

"""What the verifier answers with: findings, and a row of them for each thing that was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

SHOWN = 5  # findings of one kind that are told one by one; the rest are counted


class Severity(IntEnum):
    """How much a finding weighs.

    GOOD: a rule holds. NOTICE: it holds, with a remark. UNCONFIRMED: nothing contradicts, but who signed is
    not shown by a key from outside. NOT_CHECKED: nothing was there to check it with. INCOMPLETE: it breaks
    off, and nothing signed says that it should. NOT_LOOKED_AT: it could not be read, or is no evidence.
    WRONG: a rule is broken.
    """

    GOOD = 0
    NOTICE = 1
    UNCONFIRMED = 2
    NOT_CHECKED = 3
    INCOMPLETE = 4
    NOT_LOOKED_AT = 5
    WRONG = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the sentence in `texts`; `values` fill it."""

    code: str
    severity: Severity
    values: dict[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the answer. `whole`: "yes", "no", "interrupted" or "unknown"."""

    path: str
    what: str  # "recording", "ledger", "receipt", "other"
    subject: str  # call or desk, "" when unknown
    whole: str
    signed_by: tuple[str, ...]
    sha256: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Severity:
        return max((finding.severity for finding in self.findings), default=Severity.GOOD)


def good(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.GOOD, values)


def notice(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.NOTICE, values)


def unconfirmed(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.UNCONFIRMED, values)


def not_checked(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.NOT_CHECKED, values)


def wrong(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.WRONG, values)


def shown(findings: Iterable[Finding], more: str) -> list[Finding]:
    """The first few, and how many more there are."""
    every = list(findings)
    rest = len(every) - SHOWN
    return [*every[:SHOWN], *([wrong(more, count=rest)] if rest > 0 else [])]

"""The verifier: judges what was looked at together. Pure; `gather` fetches, `looking` looks.

Rules for a recording, in this order:

1. Its intro is a version 1 header in canonical form.
2. Its frame lengths walk to its end; what is torn behind the last whole frame is said.
3. Its file name, when it is a recording's, is that of the call in its header.
4. The ledger of its desk, when given, has a `recording` entry for the call, with this SHA-256, this size
   and this number of frames.
5. Every receipt for the call that is given with it states the same.
6. With a key: every frame opens in its place and nothing follows the end frame.
7. With a key: the frames tell one timeline without a hole, and the end frame's summary says the same.
8. With a key: samples, gaps and lost samples are those of the ledger entry.

Rules for a ledger: those of `chain`, then

9. Every off-hook is accounted for: a `recording` or a `not_recorded` entry names it (a call that the
   ledger's end falls into excepted).
10. In a folder: every recording that the ledger names, and has not pruned, is there (that it was pruned, or
    that a vault has it, must be signed).
11. Ledgers of one desk from several places (desk, vaults) agree wherever both have an entry.

Rules for a receipt:

12. It is a canonical JWS that states a receipt.
13. Its signature is by a vault key that was given, or that the desk's ledger enrolled under that name
    (confirmed only when a checkpoint has signed that).
14. The ledger's `recording` entry for the call, when given, states the same.

A rule that cannot be applied (no key, no ledger) is reported as not checked, never as passed; a recording
that was not opened and that nothing signed accounts for has the verdict `not_checked`. A signature
counts as confirmed only by a key that came from outside: a folder that names its own keys can be consistent,
and be somebody else's.
"""

from firmware.evidence.case import Case
from firmware.evidence.facts import Bundle
from firmware.evidence.judging import judge_ledger, judge_other, judge_receipt, judge_recording
from firmware.evidence.verdict import Finding, Row, Severity

__all__ = ["Finding", "Row", "Severity", "judge"]


def judge(bundle: Bundle) -> list[Row]:
    """A row for each thing that was looked at, in the order: ledgers, recordings, receipts, others."""
    case = Case(bundle)
    return [
        *(judge_ledger(case, facts) for facts in bundle.ledgers),
        *(judge_recording(case, facts) for facts in bundle.recordings),
        *(judge_receipt(case, facts) for facts in bundle.receipts),
        *(judge_other(facts) for facts in bundle.others),
    ]

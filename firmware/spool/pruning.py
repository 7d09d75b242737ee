"""Pruning: what may leave the disk. Never what lacks its receipts; never more than half at once.

Two reasons. Age: delivered more than `keep_days` ago; when that would take more than half of the
recordings, a clock has probably jumped, so nothing goes for age and a finding is due. Room: below
`low_percent` free, oldest first until there is room or half of the recordings are gone; this goes on even
then, as recording comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SECONDS_PER_DAY = 86_400
FEW = 20  # so many may go for age whatever their share: the last calls before a holiday are no jumped clock


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivered recording. `delivered_at_s`: Unix time at which it got its newest receipt."""

    seq: int
    size: int
    delivered_at_s: float
    receipts: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`remove`: to prune now, oldest first. `refused`: so many are old that none goes for its age."""

    remove: tuple[Kept, ...]
    refused: bool


def plan(
    kept: Sequence[Kept],
    *,
    recordings: int,
    receipts_required: int,
    now_s: float,
    keep_days: int,
    missing_bytes: int,
) -> Plan:
    """What to prune. `recordings`: all on the disk; `missing_bytes`: how far below `low_percent` it is."""
    may_go = sorted((one for one in kept if one.receipts >= receipts_required), key=lambda one: one.seq)
    old = [one for one in may_go if now_s - one.delivered_at_s > keep_days * SECONDS_PER_DAY]
    refused = len(old) > FEW and 2 * len(old) > recordings
    remove = [] if refused else old
    freed = sum(one.size for one in remove)
    for one in may_go:
        if freed >= missing_bytes or 2 * (len(remove) + 1) > recordings:
            break
        if one not in remove:
            remove.append(one)
            freed += one.size
    return Plan(tuple(sorted(remove, key=lambda one: one.seq)), refused=refused)

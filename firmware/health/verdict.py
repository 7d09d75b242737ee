"""What a check says, and what a check is."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import ClassVar, Literal, Protocol

from firmware.health.snapshot import Snapshot

Severity = Literal["critical", "major", "minor"]


class Area(IntEnum):
    """Whom a finding concerns; the number is that of amber's short blinks."""

    AUDIO = 1
    LINE = 2
    DISK = 3
    NETWORK = 4
    CLOCK = 5
    BOX = 6


class Judgement(Enum):
    """UNCHANGED: between raising and clearing. CANNOT_TELL: no evidence: never well."""

    WELL = "well"
    WRONG = "wrong"
    UNCHANGED = "unchanged"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`proof`: the figure behind the judgement, in English, for the ledger and for people; "" when well."""

    judgement: Judgement
    proof: str = ""


WELL = Verdict(Judgement.WELL)


def wrong(proof: str) -> Verdict:
    return Verdict(Judgement.WRONG, proof)


def unchanged(proof: str) -> Verdict:
    return Verdict(Judgement.UNCHANGED, proof)


def cannot_tell(proof: str) -> Verdict:
    return Verdict(Judgement.CANNOT_TELL, proof)


class Check(Protocol):
    """One check. Thresholds come with its construction; `judge` is a pure function of the snapshot.

    raise_after_s, clear_after_s: how long wrong and well must last before the finding is raised and cleared.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity]
    area: ClassVar[Area]
    raise_after_s: ClassVar[float]
    clear_after_s: ClassVar[float]

    def judge(self, snapshot: Snapshot) -> Verdict: ...

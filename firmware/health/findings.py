"""Findings: what the checks found, with first and last time, count and proof. Time comes with each call."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from firmware.health.hysteresis import Hysteresis, step
from firmware.health.snapshot import Snapshot
from firmware.health.verdict import Area, Check, Judgement, Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong now. first_at, last_at: UTC as in evidence; count: times it was raised."""

    code: str
    severity: Severity
    area: Area
    first_at: str
    last_at: str
    count: int
    proof: str


@dataclass(frozen=True, slots=True)
class FindingChange:
    state: Literal["raised", "cleared"]
    finding: Finding


class Findings:
    """Runs all checks on a snapshot and keeps what they found. Not for more than one thread."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self._checks = tuple(checks)
        self._states = {check.code: Hysteresis() for check in self._checks}
        self._raised: dict[str, Finding] = {}
        self._counts = dict.fromkeys(self._states, 0)
        self.verdicts: dict[str, Verdict] = {}

    @property
    def raised(self) -> tuple[Finding, ...]:
        """In the order of the checks."""
        return tuple(self._raised[code] for code in self._states if code in self._raised)

    @property
    def cannot_tell(self) -> tuple[str, ...]:
        """Codes of the checks that had no evidence at the last judging."""
        return tuple(
            code for code, verdict in self.verdicts.items() if verdict.judgement is Judgement.CANNOT_TELL
        )

    def proven(self) -> bool:
        """True only when every critical check has evidence and none of them has a finding."""
        return all(
            check.code in self.verdicts
            and check.code not in self._raised
            and self.verdicts[check.code].judgement in (Judgement.WELL, Judgement.UNCHANGED)
            for check in self._checks
            if check.severity == "critical"
        )

    def restore(self, code: str, *, first_at: str, last_at: str, count: int, proof: str) -> None:
        """Take over a finding that an earlier run of this process had raised; unknown codes are dropped."""
        for check in self._checks:
            if check.code == code:
                self._states[code] = Hysteresis(raised=True)
                self._counts[code] = count
                self._raised[code] = self._finding(check, first_at, last_at, proof)

    def judge(self, snapshot: Snapshot, at: str) -> tuple[FindingChange, ...]:
        """Judge all; `at` is the wall clock of the snapshot. Returns what was raised and cleared."""
        changes = (self._judge_one(check, snapshot, at) for check in self._checks)
        return tuple(change for change in changes if change is not None)

    def _judge_one(self, check: Check, snapshot: Snapshot, at: str) -> FindingChange | None:
        verdict = check.judge(snapshot)
        self.verdicts[check.code] = verdict
        self._states[check.code], change = step(
            self._states[check.code],
            verdict.judgement,
            snapshot.now_ns,
            raise_after_s=check.raise_after_s,
            clear_after_s=check.clear_after_s,
        )
        if change == "raised":
            self._counts[check.code] += 1
            self._raised[check.code] = self._finding(check, at, at, verdict.proof)
            return FindingChange("raised", self._raised[check.code])
        if change == "cleared":
            return FindingChange("cleared", replace(self._raised.pop(check.code), last_at=at))
        if check.code in self._raised and verdict.judgement is Judgement.WRONG:
            known = self._raised[check.code]
            self._raised[check.code] = replace(known, last_at=at, proof=verdict.proof)
        return None

    def _finding(self, check: Check, first_at: str, last_at: str, proof: str) -> Finding:
        return Finding(
            code=check.code,
            severity=check.severity,
            area=check.area,
            first_at=first_at,
            last_at=last_at,
            count=self._counts[check.code],
            proof=proof,
        )

"""Announce: run/panel.json, what the panel says about itself; and what an earlier run of it had said."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from drivers.clock import Clock
from firmware.health.findings import Finding, Findings
from firmware.health.texts import Text
from firmware.log import event
from firmware.panel.situations import Shown
from firmware.status import (
    FindingStatus,
    LampPatterns,
    PanelStatus,
    ProcessError,
    StatusError,
    read_status,
    write_status,
)

EVERY_NS = 1_000_000_000


class Announcer:
    """Writes the status at every change, and once a second without one. A refusing disk is logged once."""

    def __init__(
        self,
        *,
        run_dir: Path,
        clock: Clock,
        texts: Mapping[str, Mapping[str, Text]],
        log: logging.Logger,
    ) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._texts = texts
        self._log = log
        self._started_ns = clock.monotonic_ns()
        self._written_ns: int | None = None
        self._blocked = False

    def earlier(self) -> PanelStatus | None:
        """What the run before this one had written; of another version or damaged: nothing."""
        try:
            return read_status(self._run_dir, PanelStatus)
        except (OSError, StatusError) as error:
            event(self._log, "earlier_status_unreadable", level=logging.WARNING, reason=str(error))
            return None

    def status(
        self,
        shown: Shown | None = None,
        findings: Sequence[Finding] = (),
        cannot_tell: Sequence[str] = (),
        errors: Sequence[ProcessError] = (),
    ) -> PanelStatus:
        lamps = LampPatterns()
        if shown is not None:
            lamps = LampPatterns(shown.green.name, shown.red.name, shown.amber.name)
        return PanelStatus(
            pid=os.getpid(),
            boot=self._clock.boot_id,
            mono_ns=self._clock.monotonic_ns(),
            started_mono_ns=self._started_ns,
            situation=shown.situation if shown is not None else 2,
            lamps=lamps,
            findings=[self._finding(finding) for finding in findings],
            cannot_tell=list(cannot_tell),
            errors=list(errors),
        )

    def due_ns(self) -> int:
        return 0 if self._written_ns is None else self._written_ns + EVERY_NS

    def write(self, status: PanelStatus) -> None:
        self._written_ns = status.mono_ns
        try:
            write_status(self._run_dir, status)
        except OSError as error:
            if not self._blocked:
                event(self._log, "status_blocked", level=logging.ERROR, reason=str(error))
            self._blocked = True
            return
        self._blocked = False

    def remove(self) -> None:
        """A clean stop takes the status with it, so that the next start is no restart."""
        (self._run_dir / PanelStatus.file_name).unlink(missing_ok=True)

    def _finding(self, finding: Finding) -> FindingStatus:
        return FindingStatus(
            code=finding.code,
            severity=finding.severity,
            since=finding.first_at,
            text_en=self._texts["en"][finding.code].sentence,
            text_zh=self._texts["zh"][finding.code].sentence,
            last=finding.last_at,
            count=finding.count,
            detail=finding.proof,
        )


def restore(findings: Findings, earlier: PanelStatus | None) -> None:
    """Findings outlive the panel: they are cleared by evidence, not by a restart."""
    for known in earlier.findings if earlier is not None else ():
        findings.restore(
            known.code,
            first_at=known.since,
            last_at=known.last or known.since,
            count=known.count,
            proof=known.detail,
        )

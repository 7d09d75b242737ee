"""Facts: what the table of lamps may ask. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from firmware.health.findings import Finding
from firmware.health.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """attention: area (1 to 6) of the major finding shown, 0 = none; with several, the lowest number.

    critical: a critical finding is raised, or the path cannot be proven now.
    """

    identify: bool = False
    starting: bool = False
    critical: bool = False
    off_hook: bool = False
    recording: bool = False
    left_off_hook: bool = False
    attention: int = 0

    def holds(self, name: str, wanted: bool) -> bool:
        return bool(getattr(self, name)) is wanted


def gather(
    snapshot: Snapshot,
    findings: Sequence[Finding],
    *,
    proven: bool,
    testing: bool,
    starting: bool,
    identify: bool,
) -> Facts:
    """`proven`: every critical check has evidence that it is well; while starting, lacking it is no fault.

    `testing`: the lamp test runs; nothing cuts it short.
    """
    recorder = snapshot.live_recorder()
    critical = any(finding.severity == "critical" for finding in findings)
    areas = [int(finding.area) for finding in findings if finding.severity == "major"]
    return Facts(
        identify=identify,
        starting=testing or (starting and not critical),
        critical=critical or not (proven or starting),
        off_hook=recorder is not None and recorder.off_hook,
        recording=recorder is not None and recorder.recording is not None,
        left_off_hook=recorder is not None and recorder.state == "left_off_hook",
        attention=min(areas, default=0),
    )

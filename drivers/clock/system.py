"""The kernel's clocks, and chrony's or the kernel's word on how good they are."""

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from drivers.clock import ClockQuality
from drivers.clock.kernel import ask_kernel

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
CHRONYC_TIMEOUT_S = 2.0
# Fields of `chronyc -c tracking` (chrony 4): reference id, name, stratum, reference time, offset of the
# system clock in seconds (positive: slow), last and RMS offset, frequency, residual, skew, root delay and
# dispersion, interval, leap.
TRACKING_FIELDS = 14
OFFSET_FIELD = 4
UNSYNCED = "Not synchronised"


class SystemClock:
    """`chronyc` is the command's name or path; `kernel` asks the kernel where chrony does not answer."""

    def __init__(
        self,
        *,
        boot_id_file: Path = BOOT_ID_FILE,
        chronyc: str = "chronyc",
        kernel: Callable[[], ClockQuality] = ask_kernel,
    ) -> None:
        self._boot_id = boot_id_file.read_text("ascii").strip()
        self._chronyc = chronyc
        self._kernel = kernel

    @property
    def boot_id(self) -> str:
        return self._boot_id

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def quality(self) -> ClockQuality:
        try:
            answer = subprocess.run(
                [self._chronyc, "-c", "tracking"],
                capture_output=True,
                text=True,
                timeout=CHRONYC_TIMEOUT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return self._kernel()  # no chrony here, or it does not run
        return parse_tracking(answer.stdout) or self._kernel()


def parse_tracking(text: str) -> ClockQuality | None:
    """What chrony answered; None if it is none."""
    fields = text.strip().split(",")
    if len(fields) != TRACKING_FIELDS:
        return None
    try:
        offset_us = round(float(fields[OFFSET_FIELD]) * 1e6)
    except (ValueError, OverflowError):
        return None
    synced = fields[-1] != UNSYNCED
    return ClockQuality("chrony", synced=synced, offset_us=offset_us if synced else None)

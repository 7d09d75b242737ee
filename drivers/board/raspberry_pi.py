"""Raspberry Pi: serial number, temperature, and the firmware's word on undervoltage and throttling.

The firmware's bits (Raspberry Pi documentation, `vcgencmd get_throttled`): 0 undervoltage now, 1 frequency
capped now, 2 throttled now, 3 soft temperature limit now; 16 to 19 the same since boot. The kernel offers
them in sysfs; where it does not, vcgencmd is asked.
"""

import re
import subprocess
from pathlib import Path

from drivers.board import BoardReading
from drivers.board.sysfs import read_celsius, read_int, read_text, read_uptime_s
from drivers.board.watchdog import Watchdog

UNDERVOLTAGE_NOW = 1 << 0
SLOWED_NOW = 1 << 1 | 1 << 2 | 1 << 3
THROTTLED_FILE = "sys/devices/platform/soc/soc:firmware/get_throttled"
VCGENCMD_TIMEOUT_S = 2.0


class RaspberryPiBoard:
    """`root` is where /sys and /proc are found, `vcgencmd` the command's name or path."""

    def __init__(self, *, watchdog: str, root: Path = Path("/"), vcgencmd: str = "vcgencmd") -> None:
        self._root = root
        self._vcgencmd = vcgencmd
        self._watchdog = Watchdog(watchdog)

    @property
    def model(self) -> str:
        return read_text(self._root / "proc/device-tree/model") or "unknown machine"

    def read(self) -> BoardReading:
        bits = self._throttled_bits()
        return BoardReading(
            serial_number=read_text(self._root / "proc/device-tree/serial-number"),
            temperature_c=read_celsius(self._root),
            undervoltage=None if bits is None else bool(bits & UNDERVOLTAGE_NOW),
            throttled=None if bits is None else bool(bits & SLOWED_NOW),
            uptime_s=read_uptime_s(self._root),
        )

    def pet_watchdog(self) -> bool:
        return self._watchdog.pet()

    def close(self) -> None:
        self._watchdog.close()

    def _throttled_bits(self) -> int | None:
        bits = read_int(self._root / THROTTLED_FILE, 16)
        return self._ask_firmware() if bits is None else bits

    def _ask_firmware(self) -> int | None:
        try:
            answer = subprocess.run(
                [self._vcgencmd, "get_throttled"],
                capture_output=True,
                text=True,
                timeout=VCGENCMD_TIMEOUT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None  # no such command, or a firmware that does not answer: cannot tell
        match = re.fullmatch(r"throttled=0x([0-9a-fA-F]+)\s*", answer.stdout)
        return int(match[1], 16) if match else None

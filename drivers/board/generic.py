"""Any Linux machine: what /sys and /proc tell, and the watchdog device."""

from collections.abc import Sequence
from pathlib import Path

from drivers.board import BoardReading
from drivers.board.sysfs import read_celsius, read_text, read_uptime_s
from drivers.board.watchdog import Watchdog

MODEL_FILES = ("sys/class/dmi/id/product_name", "proc/device-tree/model")
SERIAL_FILES = ("sys/class/dmi/id/product_serial", "proc/device-tree/serial-number", "etc/machine-id")


class GenericBoard:
    """`root` is where /sys, /proc and /etc are found."""

    def __init__(self, *, watchdog: str, root: Path = Path("/")) -> None:
        self._root = root
        self._watchdog = Watchdog(watchdog)

    @property
    def model(self) -> str:
        return self._first(MODEL_FILES) or "unknown machine"

    def read(self) -> BoardReading:
        return BoardReading(
            serial_number=self._first(SERIAL_FILES),
            temperature_c=read_celsius(self._root),
            undervoltage=None,
            throttled=None,
            uptime_s=read_uptime_s(self._root),
        )

    def pet_watchdog(self) -> bool:
        return self._watchdog.pet()

    def close(self) -> None:
        self._watchdog.close()

    def _first(self, files: Sequence[str]) -> str:
        return next((text for file in files if (text := read_text(self._root / file))), "")

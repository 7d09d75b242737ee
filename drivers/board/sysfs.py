"""Small files of /sys and /proc. One that is missing or makes no sense is None or empty, never an error."""

from pathlib import Path


def read_text(file: Path) -> str:
    """Text without white space and the NUL that ends device-tree strings; empty where there is none."""
    try:
        return file.read_text("utf-8", "replace").strip(" \t\r\n\0")
    except OSError:
        return ""


def read_celsius(root: Path) -> float | None:
    """The hottest thermal zone; °C. Zones that report nonsense (below -40 or above 150) are left out."""
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    readings = (read_int(zone) for zone in zones)
    celsius = [reading / 1000 for reading in readings if reading is not None]
    return max((one for one in celsius if -40 <= one <= 150), default=None)


def read_int(file: Path, base: int = 10) -> int | None:
    try:
        return int(read_text(file), base)
    except ValueError:
        return None


def read_uptime_s(root: Path) -> float:
    """Seconds since boot, 0.0 where /proc does not tell."""
    try:
        return float(read_text(root / "proc/uptime").split(maxsplit=1)[0])
    except (IndexError, ValueError):
        return 0.0

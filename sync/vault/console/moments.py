"""Times as people read them: the vault keeps UTC text, a page shows the reader's own clock."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firmware.evidence.times import format_utc, parse_utc

ZONE_COOKIE = "offhook_zone"  # set by the page's script: the browser's IANA zone, e.g. Asia/Shanghai
_LOCAL = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")  # what <input type=datetime-local> sends


@dataclass(frozen=True, slots=True)
class Zone:
    """`name` is "UTC" until a browser has told another."""

    info: ZoneInfo

    @classmethod
    def named(cls, name: str) -> "Zone":
        """UTC for a name that is none (a cookie is anybody's word)."""
        try:
            return cls(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return cls(ZoneInfo("UTC"))

    @property
    def name(self) -> str:
        return self.info.key

    def local(self, utc: str) -> datetime:
        return parse_utc(utc).astimezone(self.info)

    def day(self, utc: str) -> str:
        return f"{self.local(utc):%Y-%m-%d}"

    def clock(self, utc: str) -> str:
        return f"{self.local(utc):%H:%M:%S}"

    def from_input(self, text: str) -> str:
        """UTC text of what a person chose in a form; "" for nothing and for what is no time."""
        for form in _LOCAL:
            try:
                chosen = datetime.strptime(text, form).replace(tzinfo=self.info)
            except ValueError:
                continue
            return format_utc(chosen.astimezone(UTC))
        return ""


def utc_title(utc: str) -> str:
    """For the title of a time: UTC to the millisecond."""
    return f"{utc[:10]} {utc[11:23]} UTC"


def epoch_ms(utc: str) -> int:
    return int(parse_utc(utc).timestamp() * 1000)


def duration(ms: int) -> str:
    """7 s → "0:07", 3 661 s → "1:01:01"."""
    seconds = max(0, ms) // 1000
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def size(count: int) -> str:
    """1234567 → "1.2 MB"."""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"

"""Is the time of day kept right?"""

from collections.abc import Iterator

from drivers.clock import Clock
from firmware.cli.examination.item import Item, ok, warn

MAX_OFFSET_US = 100_000  # call times are shown to 0.1 s
NO_SOURCE = "Install chrony and let the desk reach a time server (UDP 123); calls are timed by this clock"


def examine(clock: Clock) -> Iterator[Item]:
    quality = clock.quality()
    offset = "" if quality.offset_us is None else f", off by {quality.offset_us / 1000:.1f} ms"
    found = f"kept by {quality.source}{offset}"
    if quality.synced is not True:
        yield warn("clock", "time", f"{found}, not synchronised", NO_SOURCE)
    elif abs(quality.offset_us or 0) > MAX_OFFSET_US:
        yield warn("clock", "time", found, "Wait for chrony to slew the clock: chronyc tracking")
    else:
        yield ok("clock", "time", found)

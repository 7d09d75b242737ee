"""Room on the disk, and how long it takes until bytes are durable."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from config.desk import DeskSettings
from firmware.cli.examination.item import Item, fail, ok, warn
from firmware.health.observer import look_at_disk

WRITES = 20
BLOCK_BYTES = 4096  # about one second of sealed Opus
SLOW_S = 1.0  # the writer syncs once a second
BROKEN_S = 5.0
SLOW_DISK = "Replace the card with one of class A1 or better: it must sync once a second beside all else"


def examine(settings: DeskSettings, *, clock_s: Callable[[], float] = time.monotonic) -> Iterator[Item]:
    yield _room(settings)
    yield _speed(settings.state_path, clock_s)


def _room(settings: DeskSettings) -> Item:
    room = look_at_disk(settings)
    if room is None:
        return fail("disk", "room", f"{settings.state_dir} does not answer",
                    f"Check that the disk is mounted: df {settings.state_dir}")  # fmt: skip
    found = f"{room.percent:.0f} % free, {room.hours:.0f} h of recording"
    if room.hours < settings.spool.critical_hours:
        return fail("disk", "room", found, "Bring the network up so that recordings can go, or a larger disk")
    if room.percent < settings.spool.low_percent:
        return warn("disk", "room", found, "Check that the vaults give receipts: offhook status")
    return ok("disk", "room", found)


def _speed(folder: Path, clock_s: Callable[[], float]) -> Item:
    try:
        times = sorted(measure_syncs(folder, clock_s))
    except OSError as error:
        return fail("disk", "sync", f"{folder} cannot be written: {error.strerror}",
                    f"Check its owner and that it is mounted for writing: ls -ld {folder}")  # fmt: skip
    median, worst = times[len(times) // 2], times[-1]
    found = f"durable after {median * 1000:.1f} ms (median), {worst * 1000:.1f} ms (worst of {len(times)})"
    if worst > BROKEN_S:
        return fail("disk", "sync", found, SLOW_DISK)
    if median > SLOW_S / 4 or worst > SLOW_S:
        return warn("disk", "sync", found, SLOW_DISK)
    return ok("disk", "sync", found)


def measure_syncs(folder: Path, clock_s: Callable[[], float]) -> list[float]:
    """Seconds that each append of one block with fdatasync took. OSError; leaves nothing behind."""
    path = folder / f".doctor.{os.getpid()}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        times = []
        for _ in range(WRITES):
            began = clock_s()
            os.write(descriptor, os.urandom(BLOCK_BYTES))
            os.fdatasync(descriptor)
            times.append(clock_s() - began)
        return times
    finally:
        os.close(descriptor)
        os.unlink(path)

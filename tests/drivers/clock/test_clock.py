"""The system clock, and what chrony and the kernel say of it."""

import re
import stat
import time
from datetime import UTC, datetime

import pytest

from config.load import load_desk
from drivers.clock import ClockQuality
from drivers.clock.kernel import ask_kernel, judge
from drivers.clock.system import SystemClock, parse_tracking
from drivers.open import open_clock

GOOD = (
    "D8EF2300,time.example,2,1700000000.123456789,0.000012345,-0.000001,0.00002,"
    "1.5,0.001,0.02,0.01,0.001,64.5,Normal\n"
)
NO_SOURCE = "00000000,,0,0.0,0.000000000,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"


def test_monotonic_wall_and_boot():
    clock = open_clock(load_desk(None))
    before = time.monotonic_ns()
    assert before <= clock.monotonic_ns() <= time.monotonic_ns()
    wall = clock.wall()
    assert wall.tzinfo is UTC
    assert abs((datetime.now(UTC) - wall).total_seconds()) < 60
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", clock.boot_id)
    assert clock.boot_id == open_clock(load_desk(None)).boot_id


def test_chrony_in_its_own_words():
    assert parse_tracking(GOOD) == ClockQuality("chrony", synced=True, offset_us=12)
    assert parse_tracking(NO_SOURCE) == ClockQuality("chrony", synced=False, offset_us=None)


@pytest.mark.parametrize(
    "text", ["", "506 Cannot talk to daemon", GOOD.replace("0.000012345", "soon"), GOOD + ",1"]
)
def test_what_is_no_answer_of_chrony(text):
    assert parse_tracking(text) is None


def test_an_infinite_offset_is_no_answer():
    assert parse_tracking(GOOD.replace("0.000012345", "inf")) is None


@pytest.mark.parametrize(
    ("state", "status", "offset", "quality"),
    [
        (0, 0x2001, 12_345, ClockQuality("kernel", synced=True, offset_us=12)),
        (0, 0x0001, 12_345, ClockQuality("kernel", synced=True, offset_us=12_345)),
        (5, 0x0040, 0, ClockQuality("none", synced=False, offset_us=None)),
        (0, 0x0040, 0, ClockQuality("none", synced=False, offset_us=None)),
        (-1, 0, 0, ClockQuality("none", synced=None, offset_us=None)),
    ],
)
def test_the_kernels_state(state, status, offset, quality):
    assert judge(state, status, offset) == quality


def test_this_kernel_can_be_asked():
    assert ask_kernel().source in {"kernel", "none"}


def script(folder, text):
    command = folder / "chronyc"
    command.write_text(f'#!/bin/sh\n[ "$*" = "-c tracking" ] || exit 9\n{text}\n')
    command.chmod(stat.S_IRWXU)
    return str(command)


KERNEL = ClockQuality("kernel", synced=True, offset_us=7)


def test_chrony_is_believed_before_the_kernel(tmp_path):
    clock = SystemClock(chronyc=script(tmp_path, f"printf '{GOOD.strip()}'"), kernel=lambda: KERNEL)
    assert clock.quality() == ClockQuality("chrony", synced=True, offset_us=12)


@pytest.mark.parametrize("text", ["echo 506 Cannot talk to daemon; exit 1", "echo nonsense"])
def test_without_chronys_word_the_kernel_is_asked(tmp_path, text):
    assert SystemClock(chronyc=script(tmp_path, text), kernel=lambda: KERNEL).quality() == KERNEL


def test_without_chrony_the_kernel_is_asked():
    assert SystemClock(chronyc="/nonexistent/chronyc", kernel=lambda: KERNEL).quality() == KERNEL

from dataclasses import replace

import pytest
from desk_moments import GIB, NOW, WELL_DESK, on_hook

from firmware.health.checks.disk_full import DiskFull
from firmware.health.checks.disk_low import DiskLow
from firmware.health.verdict import Judgement
from firmware.spool.room import Room
from firmware.status import ProcessError


def with_room(*, percent: float = 50, hours: float = 1000):
    total = 100 * GIB
    free = round(total * percent / 100)
    return replace(WELL_DESK, disk=Room(free, total, round(free / hours)))


@pytest.mark.parametrize(
    ("percent", "judgement"),
    [(19.9, Judgement.WRONG), (20.5, Judgement.UNCHANGED), (22.1, Judgement.WELL)],
)
def test_low_raises_and_clears_at_different_levels(percent, judgement):
    assert DiskLow(20).judge(with_room(percent=percent)).judgement is judgement


@pytest.mark.parametrize(
    ("hours", "judgement"),
    [(1.9, Judgement.WRONG), (2.1, Judgement.UNCHANGED), (2.3, Judgement.WELL)],
)
def test_full_is_told_in_hours_of_recording(hours, judgement):
    assert DiskFull(2.0).judge(with_room(hours=hours)).judgement is judgement


def test_a_disk_that_does_not_answer_is_full_for_all_that_we_know():
    dead = replace(WELL_DESK, disk=None)
    assert DiskFull(2.0).judge(dead).judgement is Judgement.WRONG
    assert DiskLow(20).judge(dead).judgement is Judgement.CANNOT_TELL


def test_what_the_recorder_met_when_it_wrote_counts_whatever_the_room():
    refused = on_hook(errors=[ProcessError("disk_full", "no space left for call 9", NOW)])
    assert DiskFull(2.0).judge(refused).judgement is Judgement.WRONG

from datetime import date

from firmware.capture.progress import Finished, Progress
from firmware.recorder.coverage import Coverage
from firmware.recorder.open_call import OpenCall

S = 1_000_000_000


def progress(seconds: float, *, lost_samples: int = 0) -> Progress:
    """A recording that began 2 s before the lift at 10 s."""
    return Progress("t-1/3", 8 * S, 1000, int(seconds * 8000), lost_samples, 0, 0, 0)


def finished(seconds: float, *, lost_samples: int = 0) -> Finished:
    samples = int(seconds * 8000)
    return Finished("t-1/3", "on_hook", 8 * S, 8 * S, samples, lost_samples, 0, 1, 1, "0" * 64, None)


def test_pre_roll_and_tail_do_not_count():
    call = OpenCall(10 * S)
    call.progress = progress(5)
    assert (call.off_hook_ms(14 * S), call.recorded_ms(14 * S)) == (4000, 3000)
    call.ended_ns, call.finished = 20 * S, finished(12.8)
    assert (call.off_hook_ms(99 * S), call.recorded_ms(99 * S)) == (10_000, 10_000)


def test_lost_samples_are_not_recorded():
    call = OpenCall(10 * S, ended_ns=20 * S, finished=finished(12.8, lost_samples=8000))
    assert call.recorded_ms(20 * S) == 9000
    call.finished = finished(12.8, lost_samples=200_000)
    assert call.recorded_ms(20 * S) == 0


def test_begun_seconds_count_as_not_recorded():
    call = OpenCall(10 * S, ended_ns=12 * S + 1)
    assert call.unrecorded_seconds() == 0
    call.stop_recording(5 * S, "disk_full")
    assert call.unrecorded_seconds() == 3
    call.stop_recording(11 * S, "keys_missing")
    assert call.unrecorded_reason == "disk_full"


def test_checkpoints_tell_everything_once():
    coverage, call = Coverage(), OpenCall(10 * S)
    call.progress = progress(5)
    assert coverage.since_checkpoint([call], 14 * S) == (4000, 3000)
    coverage.told(4000, 3000)
    assert coverage.since_checkpoint([call], 14 * S) == (0, 0)
    call.ended_ns, call.finished = 20 * S, finished(12.8)
    coverage.add(call.off_hook_ms(0), call.recorded_ms(0))
    assert coverage.since_checkpoint([], 30 * S) == (6000, 7000)


def test_a_hang_up_that_is_known_late_takes_back_what_was_told_too_much():
    coverage, call = Coverage(), OpenCall(10 * S)
    assert coverage.since_checkpoint([call], 20 * S) == (10_000, 0)
    coverage.told(10_000, 0)
    call.ended_ns = 19 * S
    assert coverage.since_checkpoint([call], 21 * S) == (0, 0)
    coverage.add(2500, 0)
    assert coverage.since_checkpoint([call], 30 * S) == (1500, 0)


def test_a_new_day_begins_at_nothing_and_goes_on_in_a_call():
    coverage, call = Coverage(), OpenCall(10 * S)
    coverage.begin_day(date(2026, 11, 22), 60_000, 50_000)
    coverage.lost_samples_today = 7
    coverage.turn_day(date(2026, 11, 22), [call], 15 * S)
    assert coverage.today([call], 15 * S) == (65_000, 50_000)
    assert coverage.lost_samples_today == 7
    coverage.turn_day(date(2026, 11, 23), [call], 20 * S)
    assert coverage.today([call], 21 * S) == (1000, 0)
    assert coverage.lost_samples_today == 0

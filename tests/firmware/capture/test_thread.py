"""The whole capture: what the driver delivers, when the hook says, is what the recording holds."""

import threading

import numpy as np
import pytest

from drivers.audio import AudioBlock, AudioFound, AudioGap, AudioLost
from firmware.capture.encoders import CodecSettings
from firmware.capture.queue import CaptureError
from firmware.capture.thread import CaptureThread

NS = 1_000_000_000
T0 = 1000 * NS  # when the line's sample 0 was captured


def at(seconds):
    """The monotonic time at which the line's timeline stands at `seconds`."""
    return T0 + round(seconds * NS)


class Line:
    """A source by hand: emits blocks of a known signal at their times."""

    def __init__(self, emit, channels=1):
        self.emit = emit
        self.position = 0
        self.samples = np.zeros((0, channels), "<i2")
        self.random = np.random.default_rng(5)
        emit(AudioFound(T0, "desk-line"))

    def play(self, seconds, block=800):
        for _ in range(round(seconds * 8000) // block):
            samples = self.random.integers(-20000, 20000, (block, self.samples.shape[1])).astype("<i2")
            first, self.position = self.position, self.position + block
            self.samples = np.concatenate([self.samples, samples])
            self.emit(AudioBlock(first, at(self.position / 8000), samples.tobytes()))

    def lose(self, seconds, reason="device_lost"):
        count = round(seconds * 8000)
        first, self.position = self.position, self.position + count
        self.samples = np.concatenate([self.samples, np.zeros((count, self.samples.shape[1]), "<i2")])
        self.emit(AudioGap(first, count, reason, at(self.position / 8000)))

    def part(self, begin_s, end_s):
        return self.samples[round(begin_s * 8000) : round(end_s * 8000)]


@pytest.fixture
def make():
    """A started CaptureThread with .finished, .durable, .failures, and a way to wait for them."""
    threads = []

    def make_capture(codec=None, preroll_s=2.0, queue_s=30.0):
        changed = threading.Condition()
        finished, durable, failures = [], [], []

        def keep(into):
            def add(item):
                with changed:
                    into.append(item)
                    changed.notify_all()

            return add

        capture = CaptureThread(
            codec=codec or CodecSettings("flac"),
            preroll_s=preroll_s,
            queue_s=queue_s,
            on_durable=keep(durable),
            on_finished=keep(finished),
            on_failure=keep(failures),
        )
        capture.finished, capture.durable, capture.failures = finished, durable, failures

        def wait(condition):
            with changed:
                assert changed.wait_for(lambda: condition() or failures, 20), (finished, durable[-1:])
                assert not failures, failures

        capture.wait = wait
        capture.start()
        threads.append(capture)
        return capture

    yield make_capture
    for capture in threads:
        if capture._thread.is_alive():
            assert capture.close()


def record(capture, archive, file, lift_s, end_s, *, codec=None, call="desk-1/7"):
    codec = codec or CodecSettings("flac")
    capture.begin(call, at(lift_s), archive.opener(codec, file, call))
    capture.end(at(end_s), "on_hook")


@pytest.mark.parametrize("lift_s", [2.0, 4.0375, 6.3])
def test_exactly_the_preroll_to_the_end(make, archive, memory_file, lift_s):
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(lift_s + 0.4)
    record(capture, archive, file, lift_s, lift_s + 3.8)
    line.play(5)
    capture.wait(lambda: capture.finished)
    got = archive.open(file.data)
    assert np.array_equal(got.samples, line.part(lift_s - 2, lift_s + 3.8))
    (finished,) = capture.finished
    assert (finished.samples, finished.lost_samples, finished.error) == (round(5.8 * 8000), 0, "")
    assert finished.started_ns == file.started_ns == at(lift_s - 2)
    assert finished.ended_ns == at(lift_s + 3.8)
    assert file.synced == len(file.data) == finished.size
    assert capture.durable[-1].durable_bytes == finished.size


def test_stereo_is_kept(make, archive, memory_file):
    codec = CodecSettings("flac", channels=2)
    capture, file = make(codec), memory_file()
    line = Line(capture.emit, channels=2)
    line.play(3)
    record(capture, archive, file, 2.5, 4, codec=codec)
    line.play(2)
    capture.wait(lambda: capture.finished)
    assert np.array_equal(archive.open(file.data).samples, line.part(0.5, 4))


def test_opus_begins_at_the_right_sample(make, archive, memory_file, speech, snr):
    codec = CodecSettings("opus")
    capture, file = make(codec), memory_file()
    samples = speech(8 * 8000)
    capture.emit(AudioFound(T0, "desk-line"))
    for first in range(0, len(samples), 800):
        if first == 32_000:
            record(capture, archive, file, 3.0375, 7.0, codec=codec)
        capture.emit(AudioBlock(first, at(first / 8000 + 0.1), samples[first : first + 800].tobytes()))
    capture.wait(lambda: capture.finished)
    start = round(1.0375 * 8000)
    got = archive.open(file.data).samples
    assert snr(samples[start : 7 * 8000], got) > 8


def test_a_lift_soon_after_the_start_has_the_preroll_that_there_is(make, archive, memory_file):
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(0.5)
    record(capture, archive, file, 0.3, 1.5)
    line.play(2)
    capture.wait(lambda: capture.finished)
    assert np.array_equal(archive.open(file.data).samples, line.part(0, 1.5))
    assert file.started_ns == T0


def test_no_preroll_when_the_settings_say_so(make, archive, memory_file):
    capture, file = make(preroll_s=0), memory_file()
    line = Line(capture.emit)
    line.play(3)
    record(capture, archive, file, 2.51, 3.2)
    line.play(1)
    capture.wait(lambda: capture.finished)
    assert np.array_equal(archive.open(file.data).samples, line.part(2.51, 3.2))


def test_a_gap_in_preroll_and_in_the_call_stands_where_it_was(make, archive, memory_file):
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(3)
    line.lose(0.25, "overflow")
    line.play(1)
    record(capture, archive, file, 4, 9)
    line.play(2)
    line.lose(1.5)
    line.play(3)
    capture.wait(lambda: capture.finished)
    got = archive.open(file.data)
    assert np.array_equal(got.samples, line.part(2, 9))
    assert got.gaps == [(8000, 2000, "overflow"), (34000, 12000, "device_lost")]
    assert (got.end["gaps"], got.end["lost_samples"]) == (2, 14000)


def test_device_lost_for_the_whole_call(make, archive, memory_file):
    """The recording is there at once, does not grow, and says at its end what is missing."""
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(5)
    capture.emit(AudioLost(at(6), "unplugged"))
    capture.begin("desk-1/7", at(10), archive.opener(CodecSettings("flac"), file))
    capture.wait(lambda: capture.durable)
    assert capture.durable[-1].durable_samples == 0
    capture.event(at(11), "ring")
    capture.end(at(14), "on_hook")
    capture.wait(lambda: capture.finished)
    got = archive.open(file.data)
    assert got.gaps == [(0, 48000, "device_lost")]
    assert got.events == [{"at_ms": 3000, "kind": "ring"}]
    line.lose(12)  # the source's own count, when the card is back, spoils nothing
    capture.emit(AudioFound(at(17), "desk-line"))
    second = memory_file()
    line.play(1)
    record(capture, archive, second, 17.5, 17.9, call="desk-1/9")
    capture.wait(lambda: len(capture.finished) == 2)
    assert archive.open(second.data).gaps == [(0, 12000, "device_lost")]


def test_device_lost_until_after_the_end(make, archive, memory_file):
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(5)
    record(capture, archive, file, 4.5, 8)
    line.play(1)
    capture.emit(AudioLost(at(7), "unplugged"))
    capture.wait(lambda: capture.finished)
    got = archive.open(file.data)
    assert got.gaps == [(28000, 16000, "device_lost")]
    assert np.array_equal(got.samples[:28000], line.part(2.5, 6))


def test_missing_from_the_start_of_the_process(make, archive, memory_file):
    capture, file = make(), memory_file()
    capture.begin("desk-1/7", at(1), archive.opener(CodecSettings("flac"), file))
    capture.emit(AudioLost(T0, "no sound card"))
    capture.end(at(3), "on_hook")
    capture.wait(lambda: capture.finished)
    assert capture.finished[0].lost_samples == capture.finished[0].samples == 24000


def test_two_calls_in_a_row_share_the_line(make, archive, memory_file):
    """The second lift comes before the first recording has its tail; its pre-roll reaches into it."""
    capture, one, two = make(), memory_file(), memory_file()
    line = Line(capture.emit)
    line.play(4)
    record(capture, archive, one, 3, 4.8)
    record(capture, archive, two, 4.5, 6, call="desk-1/9")
    line.play(3)
    capture.wait(lambda: len(capture.finished) == 2)
    assert np.array_equal(archive.open(one.data).samples, line.part(1, 4.8))
    assert np.array_equal(archive.open(two.data).samples, line.part(2.5, 6))
    assert [finished.call for finished in capture.finished] == ["desk-1/7", "desk-1/9"]


def test_events_before_the_lift_belong_to_the_call(make, archive, memory_file):
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(5)
    capture.event(at(1), "ring")
    capture.event(at(3.5), "ring", ms=1000)
    record(capture, archive, file, 5, 7)
    capture.event(at(6), "flash")
    line.play(4)
    capture.wait(lambda: capture.finished)
    assert archive.open(file.data).events == [
        {"at_ms": 500, "kind": "ring", "ms": 1000},
        {"at_ms": 3000, "kind": "flash"},
    ]


def test_a_stalled_disk_drops_with_an_exact_gap(make, archive, memory_file):
    """The disk stands still for 5 s; the queue holds 2."""
    capture, file = make(queue_s=2.0), memory_file()
    stalled, go_on = threading.Event(), threading.Event()
    sync = file.sync

    def slow_sync():
        stalled.set()
        go_on.wait()
        sync()

    file.sync = slow_sync
    line = Line(capture.emit)
    line.play(1)
    record(capture, archive, file, 1, 8)
    stalled.wait()
    line.play(5)
    assert capture.status().queue_blocks == 20
    go_on.set()
    for _ in range(3):  # a second at a time: all at once would overflow the queue again on a busy machine
        capture.wait(lambda: capture.status().queue_blocks == 0)
        line.play(1)
    capture.wait(lambda: capture.finished)
    got = archive.open(file.data)
    assert capture.status().lost_samples == 3 * 8000
    ((first, lost, reason),) = got.gaps
    assert (first, lost, reason) == (3 * 8000, 3 * 8000, "queue_full")
    wanted = line.part(0, 8).copy()
    wanted[first : first + lost] = 0
    assert np.array_equal(got.samples, wanted)


@pytest.mark.parametrize("fail_after", [0, 1, 4])
def test_a_full_disk_ends_the_recording_with_its_reason_and_the_next_may_work(
    make, archive, memory_file, fail_after
):
    capture, full, good = make(), memory_file(fail_after=fail_after), memory_file()
    line = Line(capture.emit)
    line.play(4)
    record(capture, archive, full, 3, 7)
    line.play(3)
    capture.wait(lambda: capture.finished)
    assert capture.finished[0].ended_by == "disk_error"
    assert "No space left" in capture.finished[0].error
    assert capture.finished[0].file is full
    record(capture, archive, good, 7, 7.5, call="desk-1/9")
    line.play(1)
    capture.wait(lambda: len(capture.finished) == 2)
    assert np.array_equal(archive.open(good.data).samples, line.part(5, 7.5))


def test_shutdown_ends_what_runs(make, archive, memory_file):
    capture, file = make(), memory_file()
    line = Line(capture.emit)
    line.play(3)
    capture.begin("desk-1/7", at(2), archive.opener(CodecSettings("flac"), file))
    assert capture.close()
    got = archive.open(file.data)
    assert (got.complete, got.end["ended_by"]) == (True, "shutdown")
    assert np.array_equal(got.samples, line.part(0, 3))


def test_one_call_at_a_time_and_an_end_of_nothing_is_nothing(make, archive, memory_file):
    capture = make()
    capture.end(at(1), "on_hook")
    capture.begin("desk-1/7", at(1), archive.opener(CodecSettings("flac"), memory_file()))
    with pytest.raises(CaptureError, match=r"desk-1/9 begins while desk-1/7"):
        capture.begin("desk-1/9", at(2), archive.opener(CodecSettings("flac"), memory_file()))


def test_a_dying_thread_says_so(make):
    capture = make()
    line = Line(capture.emit)
    line.play(1)

    def broken(_started_ns):
        raise RuntimeError("a mistake in the program")

    capture.begin("desk-1/7", at(1), broken)
    capture._thread.join(10)
    assert isinstance(capture.failures[0], RuntimeError)


def test_status_tells_level_and_presence(make, archive, memory_file):
    capture = make()
    assert not capture.status().present
    line = Line(capture.emit)
    line.play(3)
    line.lose(0.5, "overflow")
    record(capture, archive, memory_file(), 3, 3.4)
    capture.wait(lambda: capture.finished)  # so that all before it is taken
    status = capture.status()
    assert (status.present, status.device, status.lost_samples) == (True, "desk-line", 4000)
    assert status.last_block_ns == at(3)
    assert -12 < status.level.block.rms_dbfs < -6
    capture.emit(AudioLost(at(4), "unplugged"))
    status = capture.status()
    assert (status.present, status.reason, status.level.block.rms_dbfs) == (False, "unplugged", -96.0)

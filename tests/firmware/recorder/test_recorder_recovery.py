"""The start after a loss, on a real spool and ledger, stopped between any two of its steps."""

from datetime import UTC, datetime

import pytest

from drivers.clock.system import SystemClock
from firmware.evidence.chain import verify_chain
from firmware.evidence.entry import Entry
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.recording import AudioFormat, Header, encode_audio
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.times import parse_utc
from firmware.ledger import Ledger
from firmware.recorder.lapse import lapse_of
from firmware.recorder.past import read_past
from firmware.recorder.recovery import Recoverer
from firmware.spool import Spool
from firmware.status import RecorderStatus, RecordingStatus

TODAY = datetime(2020, 1, 1, tzinfo=UTC)
OTHER_BOOT = "00000000-68d0-44b4-a5d2-000000000000"


class StopError(BaseException):
    """As SIGKILL: nothing after it runs."""


class Desk:
    """A state folder with the ledger and spool of a recorder that was lost."""

    def __init__(self, folder, archive) -> None:
        self.clock = SystemClock()
        self.spool = Spool(folder)
        self.spool.prepare()
        self.ledger = Ledger(folder / "ledger.sqlite3", desk="t-1", clock=self.clock)
        self._archive = archive
        self.ledger.append("boot", {"firmware": "0", "config_sha256": "0" * 64, "clock_source": "none",
                                    "previous": "clean", "last_seq": 0})  # fmt: skip

    def lift(self) -> int:
        return self.ledger.append("off_hook", {}).seq

    def record(self, seq: int, seconds: int, *, boot: str | None = None, torn: bytes = b"") -> None:
        """A growing file that nobody finished."""
        header = Header(
            audio=AudioFormat(channels=1, codec="pcm_s16le", frame_ms=100, rate_hz=8000),
            boot=boot or self.clock.boot_id,
            call=f"t-1/{seq}",
            desk="t-1",
            started="2026-11-22T08:00:00.000000Z",
        )
        sealer = RecordingSealer(header, [self._archive.public])
        file = self.spool.create(seq)
        file.append(sealer.intro)
        for second in range(seconds):
            file.append(sealer.seal(encode_audio(8000 * second, [bytes(1600)] * 10)))
        file.append(torn)
        file.close()

    def recover(self, *, last: RecorderStatus | None = None, stop_at: int = 0):
        """`stop_at`: die instead of making this (1st, 2nd …) entry."""
        made = []

        def append(kind, body):
            made.append(kind)
            if len(made) == stop_at:
                raise StopError
            self.ledger.append(kind, body)

        with self.ledger.reader() as reader:
            past = read_past(reader, TODAY)
        recoverer = Recoverer(
            desk="t-1", boot=self.clock.boot_id, spool=self.spool, past=past, append=append, last=last
        )
        return recoverer.run()

    def entries(self, *kinds: str) -> list[Entry]:
        with self.ledger.reader() as reader:
            return [Entry.parse(raw) for raw in reader.since(1, *kinds)]


@pytest.fixture(scope="module")
def archive():
    return ArchivePrivateKey.generate()


@pytest.fixture
def desk(tmp_path, archive):
    made = Desk(tmp_path, archive)
    yield made
    made.ledger.close()


def status(desk: Desk, seq: int, durable_bytes: int, samples: int) -> RecorderStatus:
    growing = RecordingStatus(f"t-1/{seq}", seq, "", durable_bytes, samples, 1)
    return RecorderStatus(1, desk.clock.boot_id, 1, 1, off_hook=True, call=f"t-1/{seq}", recording=growing)


def test_nothing_to_recover(desk):
    assert desk.recover().resumes == ""
    assert len(desk.entries()) == 1


def test_a_lost_recording_is_entered_and_waits(desk):
    seq = desk.lift()
    desk.record(seq, 3, torn=b"\x00\x00\x01")
    recovery = desk.recover()
    (entry,) = desk.entries("recording")
    assert (entry.body["call"], entry.body["ended_by"], entry.body["frames"]) == (
        f"t-1/{seq}",
        "process_lost",
        3,
    )
    assert desk.spool.waiting() == [seq]
    assert recovery.resumes == f"t-1/{seq}"
    assert entry.body["size"] == desk.spool.find(seq).stat().st_size
    assert not verify_chain([one.raw for one in desk.entries()]).unaccounted


def test_another_boot_lost_its_power(desk):
    seq = desk.lift()
    desk.record(seq, 1, boot=OTHER_BOOT)
    desk.recover()
    assert desk.entries("recording")[0].body["ended_by"] == "power_lost"


def test_the_last_status_tells_the_samples_exactly(desk):
    seq = desk.lift()
    desk.record(seq, 3)
    size = desk.spool.find(seq).stat().st_size
    desk.recover(last=status(desk, seq, size, 24_000))
    body = desk.entries("recording")[0].body
    assert (body["samples"], body["samples_exact"]) == (24_000, True)


def test_a_status_of_more_than_is_there_is_not_believed(desk):
    seq = desk.lift()
    desk.record(seq, 2)
    desk.recover(last=status(desk, seq, 10_000_000, 24_000_000))
    body = desk.entries("recording")[0].body
    assert body["samples"] <= 16_000
    assert body["samples_exact"] is False


def test_a_call_without_any_file_is_entered_as_not_recorded(desk):
    seq = desk.lift()
    desk.recover()
    (entry,) = desk.entries("not_recorded")
    assert (entry.body["call"], entry.body["reason"]) == (f"t-1/{seq}", "process_lost")


def test_seconds_that_were_seen_and_not_recorded_are_never_none(desk):
    """Without the lost recorder's last word at least the second that had begun, with it up to that word."""
    first = desk.lift()
    desk.recover()
    assert desk.entries("not_recorded")[0].body["seconds"] == 1
    second = desk.lift()
    lifted_ns = desk.entries("off_hook")[-1].mono_ns
    last = RecorderStatus(
        1, desk.clock.boot_id, lifted_ns + 4_100_000_000, 1, off_hook=True, call=f"t-1/{second}"
    )
    desk.recover(last=last)
    third = desk.lift()
    desk.ledger.append("on_hook", {"call": f"t-1/{third}", "off_hook_ms": 6001})
    recovery = desk.recover(last=last)
    told = {entry.body["call"]: entry.body["seconds"] for entry in desk.entries("not_recorded")}
    assert told == {f"t-1/{first}": 1, f"t-1/{second}": 5, f"t-1/{third}": 7}
    assert recovery.lapse is None
    assert (recovery.off_hook_ms, recovery.recorded_ms) == (7000, 0)


def test_what_the_disk_refused_before_the_recorder_was_lost_is_entered(desk):
    """The recording ended in order, and its call went on for 20 s that nobody recorded."""
    seq = desk.lift()
    lift = desk.entries("off_hook")[0]
    desk.record(seq, 1)
    desk.spool.release_interrupted(seq)
    desk.ledger.append("recording", {
        "call": f"t-1/{seq}", "sha256": "0" * 64, "size": 1, "frames": 1, "samples": 8000, "lost_samples": 0,
        "gaps": 0, "started": lift.at, "ended": lift.at, "ended_by": "disk_full",
    })  # fmt: skip
    last = RecorderStatus(
        1, desk.clock.boot_id, lift.mono_ns + 21_000_000_000, 1, off_hook=True, call=f"t-1/{seq}"
    )
    recovery = desk.recover(last=last)
    (rest,) = desk.entries("not_recorded")
    assert (rest.body["call"], rest.body["seconds"]) == (f"t-1/{seq}", 20)
    assert (recovery.off_hook_ms, recovery.recorded_ms) == (20_000, 0)
    assert recovery.lapse.since_ns == lift.mono_ns + 21_000_000_000
    desk.recover(last=last)
    assert len(desk.entries("not_recorded")) == 1


def test_the_lapse_begins_where_the_recording_ended(desk):
    seq = desk.lift()
    desk.record(seq, 3)
    lapse = desk.recover().lapse
    assert (lapse.call, lapse.reason) == (f"t-1/{seq}", "process_lost")
    assert lapse.since == parse_utc(desk.entries("off_hook")[0].at)  # the file's header tells an older time
    assert lapse.since_ns == desk.entries("off_hook")[0].mono_ns


def test_the_lapse_of_another_boot_is_counted_by_the_wall_clock(desk):
    lift = Entry(
        at="2026-11-22T08:00:00.000000Z", body={"lifted_at": "2026-11-22T07:59:59.900000Z"}, boot=OTHER_BOOT,
        desk="t-1", kind="off_hook", mono_ns=5, prev="0" * 64, seq=9,
    )  # fmt: skip
    told = [
        ("recording", {"started": "2026-11-22T07:59:57.900000Z", "samples": 8000 * 12}),
        ("not_recorded", {"seconds": 5}),
    ]
    lapse = lapse_of(lift, told, call="t-1/9", reason="power_lost", boot=desk.clock.boot_id)
    assert (lapse.since, lapse.since_ns) == (parse_utc("2026-11-22T08:00:14.900000Z"), None)
    assert lapse.ms_until(parse_utc("2026-11-22T08:00:15.000000Z"), 0) == 100
    assert lapse.ms_until(parse_utc("2026-11-22T08:00:00.000000Z"), 0) == 0  # the clock was set back
    same = lapse_of(lift, told, call="t-1/9", reason="process_lost", boot=OTHER_BOOT)
    assert same.ms_until(parse_utc("2026-11-22T08:00:00.000000Z"), same.since_ns + 2_000_000) == 2


def test_a_header_that_is_not_whole_is_not_recorded(desk):
    seq = desk.lift()
    (desk.spool.layout.recording / f"{seq:012d}.ohr").write_bytes(b"offhook-rec")
    desk.recover()
    assert desk.entries("not_recorded")[0].body["call"] == f"t-1/{seq}"
    assert desk.spool.waiting() == []


def test_a_finished_file_without_its_entry_is_entered(desk):
    seq = desk.lift()
    desk.ledger.append("on_hook", {"call": f"t-1/{seq}"})
    desk.record(seq, 2)
    desk.spool.release_interrupted(seq)
    recovery = desk.recover()
    (entry,) = desk.entries("recording")
    assert entry.body["ended_by"] == "on_hook"
    assert recovery.resumes == ""


def test_a_finished_file_with_its_entry_is_left_alone(desk):
    seq = desk.lift()
    desk.record(seq, 2)
    desk.recover()
    before = desk.entries()
    desk.recover()
    assert desk.entries() == before


def test_stopped_anywhere_and_started_again_nothing_is_entered_twice(tmp_path, archive):
    for stop_at in range(1, 6):
        desk = Desk(tmp_path / str(stop_at), archive)
        first, second, third = desk.lift(), desk.lift(), desk.lift()
        desk.record(first, 2)
        desk.record(third, 1, torn=b"torn")
        try:
            desk.recover(stop_at=stop_at)
        except StopError:
            desk.recover()
        calls = [entry.body["call"] for entry in desk.entries("recording", "not_recorded")]
        assert sorted(calls) == [f"t-1/{seq}" for seq in (first, second, third)]
        assert (desk.spool.growing(), desk.spool.waiting()) == ([], [first, third])
        assert verify_chain([one.raw for one in desk.entries()]).whole
        desk.ledger.close()


def test_the_past_counts_todays_checkpoints_and_knows_a_clean_end(tmp_path, archive):
    desk = Desk(tmp_path, archive)
    desk.ledger.key = SigningKey.generate()
    desk.ledger.checkpoint(off_hook_ms=100, recorded_ms=90)
    desk.ledger.checkpoint(off_hook_ms=10, recorded_ms=9)
    with desk.ledger.reader() as reader:
        past = read_past(reader, TODAY)
        assert (past.clean, past.off_hook_ms_today, past.recorded_ms_today) == (False, 110, 99)
        assert read_past(reader, datetime(2100, 1, 1, tzinfo=UTC)).off_hook_ms_today == 0
        desk.ledger.append("shutdown", {"reason": "SIGTERM"})
        assert read_past(reader, TODAY).clean
    desk.ledger.close()

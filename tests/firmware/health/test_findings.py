from dataclasses import replace

from desk_moments import GIB, WELL_DESK, S, off_hook

from config.load import load_desk
from firmware.health.checks import all_checks
from firmware.health.findings import Findings
from firmware.spool.room import Room


def findings() -> Findings:
    return Findings(all_checks(load_desk()))


def later(snapshot, seconds):
    """The same desk, looked at later; the statuses are as fresh as before."""
    shift = round(seconds * S)
    return replace(snapshot, now_ns=snapshot.now_ns + shift)


def test_a_well_desk_has_none_and_is_proven():
    health = findings()
    assert not health.proven()  # not before the first look
    assert health.judge(WELL_DESK, "t0") == ()
    assert health.raised == ()
    assert health.proven()


def test_raised_once_kept_and_cleared_with_its_times_and_count():
    health = findings()
    low = replace(WELL_DESK, disk=Room(10 * GIB, 100 * GIB, 11_000_000))
    (change,) = health.judge(low, "t0")
    assert (change.state, change.finding.code, change.finding.severity) == ("raised", "disk_low", "major")
    assert health.judge(low, "t1") == ()
    (known,) = health.raised
    assert (known.first_at, known.last_at, known.count) == ("t0", "t1", 1)
    assert "10.0 %" in known.proof
    assert health.judge(WELL_DESK, "t2") == ()  # well, but not for long enough
    recorder = WELL_DESK.recorder
    assert recorder is not None
    much_later = later(WELL_DESK, 11)
    states = [(change.state, change.finding.code) for change in health.judge(much_later, "t3")]
    assert ("cleared", "disk_low") in states


def test_a_critical_finding_or_missing_evidence_is_no_proof():
    health = findings()
    health.judge(off_hook(lifted_s=60, grown_s=4), "t0")
    assert not health.proven()
    assert [finding.code for finding in health.raised] == ["not_recording"]
    blind = findings()
    blind.judge(replace(WELL_DESK, recorder=None, watching_since_ns=WELL_DESK.now_ns), "t0")
    assert blind.raised == ()
    assert not blind.proven()
    assert set(blind.cannot_tell) == {"not_recording", "audio_missing", "audio_silent"}


def test_an_earlier_runs_finding_goes_on_and_is_cleared_by_evidence():
    health = findings()
    health.restore("disk_low", first_at="t0", last_at="t1", count=3, proof="12 %")
    health.restore("of_another_firmware", first_at="t0", last_at="t1", count=1, proof="")
    assert [(finding.code, finding.count) for finding in health.raised] == [("disk_low", 3)]
    health.judge(WELL_DESK, "t2")
    assert [finding.code for finding in health.raised] == ["disk_low"]
    assert ("cleared", "disk_low") in [
        (change.state, change.finding.code) for change in health.judge(later(WELL_DESK, 11), "t3")
    ]

import msgspec
import pytest

from firmware.health.findings import Finding
from firmware.health.history import History
from firmware.health.snapshot import KeyState, Snapshot
from firmware.health.verdict import Area
from firmware.panel.facts import Facts, gather
from firmware.status import RecorderStatus, RecordingStatus

S = 1_000_000_000
ON_HOOK = RecorderStatus(pid=1, boot="b", mono_ns=10 * S, started_mono_ns=S)
IN_CALL = msgspec.structs.replace(
    ON_HOOK, off_hook=True, state="talking", recording=RecordingStatus("d/1", 1, "f", 0, 0, 10 * S)
)


def moment(recorder, *, now_s: float = 10.0) -> Snapshot:
    return Snapshot(
        now_ns=round(now_s * S),
        watching_since_ns=0,
        recorder=recorder,
        recorder_running=True,
        agent=None,
        agent_running=False,
        replicas=(),
        disk=None,
        keys=KeyState(True, 1, True),
        history=History(),
    )


def finding(severity, area=Area.AUDIO) -> Finding:
    return Finding(code="x", severity=severity, area=area, first_at="", last_at="", count=1, proof="")


def facts(recorder=ON_HOOK, findings=(), *, now_s=10.0, **given) -> Facts:
    said = {"proven": True, "testing": False, "starting": False, "identify": False, **given}
    return gather(moment(recorder, now_s=now_s), findings, **said)


def test_a_well_desk_and_a_call():
    assert facts() == Facts()
    assert facts(IN_CALL) == Facts(off_hook=True, recording=True)
    left = msgspec.structs.replace(IN_CALL, state="left_off_hook")
    assert facts(left) == Facts(off_hook=True, recording=True, left_off_hook=True)


def test_no_proof_is_critical_unless_it_is_still_starting():
    assert facts(proven=False).critical
    assert facts(proven=False, starting=True) == Facts(starting=True)


def test_a_critical_finding_ends_the_start_but_not_the_lamp_test():
    critical = [finding("critical")]
    assert facts(findings=critical, proven=False, starting=True) == Facts(critical=True)
    assert facts(findings=critical, proven=False, starting=True, testing=True).starting


def test_a_recorder_that_went_silent_says_nothing_about_a_call():
    assert facts(IN_CALL, now_s=20, proven=False) == Facts(critical=True)


@pytest.mark.parametrize(
    ("findings", "attention"),
    [
        ([finding("minor")], 0),
        ([finding("major", Area.NETWORK)], 4),
        ([finding("major", Area.NETWORK), finding("major", Area.DISK)], 3),
    ],
)
def test_attention_is_the_lowest_area_of_the_major_findings(findings, attention):
    assert facts(findings=findings) == Facts(attention=attention)

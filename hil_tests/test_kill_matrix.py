"""Any one process is killed with SIGKILL in a call: the others go on, it comes back, nothing is doubled."""

import pytest
from alignment import RATE_HZ, align
from evidence_of import assert_evidence_whole, of_kind, opened, truth

from sync.demo.until import until

LOST_AT_MOST_S = 1.0  # of the audio before the kill


def call_with_a_kill(site, speech, name: str) -> int:
    """A call in the middle of which `name` is killed; returns the monotonic time of the kill in ns."""
    line, victim = site.line, site.processes[name]
    line.ring(number="13800138000")
    line.wait(1.0)
    line.lift()
    line.wait_lamp("red")
    for _ in range(3):
        line.say("agent", speech.agent())
        line.say("customer", speech.customer())
    killed = line.wait(2.5)
    starts = victim.starts
    victim.kill()
    until(lambda: victim.starts > starts, f"{name} is started again")
    line.wait(3.0)
    line.hush("agent")
    line.hush("customer")
    line.replace()
    return killed.at_ns


@pytest.mark.parametrize("name", ["agent", "panel", "vault-a", "broker-b"])
def test_a_kill_beside_the_recorder_leaves_the_recording_whole(site, speech, name):
    others = {other: part.starts for other, part in site.processes.items() if other != name}
    before = len(of_kind(site, "recording"))
    call_with_a_kill(site, speech, name)
    site.desk.wait_on_hook()
    site.desk.wait_delivered()
    assert {other: part.starts for other, part in site.processes.items() if other != name} == others
    recordings = of_kind(site, "recording")
    assert len(recordings) == before + 1
    assert recordings[-1].body["ended_by"] == "on_hook"
    assert recordings[-1].body["lost_samples"] == 0
    assert_evidence_whole(site)


def test_a_killed_recorder_loses_at_most_one_second_and_goes_on_in_the_same_call(site, speech):
    before = len(of_kind(site, "recording"))
    killed_ns = call_with_a_kill(site, speech, "recorder")
    site.desk.wait_on_hook()
    site.desk.wait_delivered()
    interrupted, resumed = of_kind(site, "recording")[before:]
    assert interrupted.body["ended_by"] == "process_lost"
    assert resumed.body["ended_by"] == "on_hook"
    line = truth(site)
    first, report = opened(site, str(interrupted.body["call"]))
    assert not report.complete
    ended = align(first, line).offset + len(first)
    killed = (killed_ns - site.line.truth().epoch_ns) * RATE_HZ / 1e9
    assert (killed - ended) / RATE_HZ <= LOST_AT_MOST_S
    second, report = opened(site, str(resumed.body["call"]))
    assert report.complete
    assert align(second, line).worst_lag_ms < 1.0
    assert_evidence_whole(site)

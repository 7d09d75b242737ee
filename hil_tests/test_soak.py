"""Many random calls on end: all delivered and verified; memory and descriptors of every process stay flat."""

import os
import random
from pathlib import Path

import psutil
import pytest
from evidence_of import assert_evidence_whole, of_kind

CALLS = int(os.environ.get("OFFHOOK_SOAK_CALLS", "200"))
WARM = 20  # calls after which a process has all that it will ever load
GROWTH_MB = 8.0  # a leak of 50 kB a call shows within 200
SECONDS_A_CALL = 12


def weigh(site) -> dict[str, tuple[int, float, int]]:
    """(pid, private memory in MB, open descriptors) by process."""
    found = {}
    for name, part in site.processes.items():
        process = psutil.Process(part.pid)
        found[name] = (part.pid, process.memory_full_info().uss / 1e6, process.num_fds())
    return found


def random_call(site, speech, draw: random.Random) -> None:
    """Incoming or outgoing, dialled or not; hung up at any moment, and lifted again soon."""
    line = site.line
    if draw.random() < 0.5:
        line.ring(number=f"138{draw.randrange(10**8):08d}")
        line.wait(draw.uniform(0.3, 2.0))
        line.lift()
        line.wait_line("talking")
        line.say("customer", speech.customer())
    else:
        line.lift()
        line.wait(draw.uniform(0.2, 1.0))
        if draw.random() < 0.5:
            line.wait_until(line.dial("".join(draw.choices("0123456789", k=8))).end_sample)
    line.say("agent", speech.agent())
    line.wait(draw.uniform(0.2, 4.0))
    line.hush("agent")
    line.replace()
    line.wait_line("idle")
    line.wait(draw.uniform(0.0, 1.5))  # at times shorter than a call takes to end


@pytest.mark.soak
@pytest.mark.timeout(CALLS * SECONDS_A_CALL + 300)
def test_hundreds_of_random_calls_lose_nothing_and_leave_nothing_behind(site, speech):
    draw = random.Random(CALLS)
    warm = {}
    for number in range(1, CALLS + 1):
        random_call(site, speech, draw)
        if number == min(WARM, CALLS // 2):
            site.desk.wait_on_hook()
            site.desk.wait_delivered()
            warm = weigh(site)
    site.desk.wait_on_hook()
    site.desk.wait_delivered()
    cold = weigh(site)
    for name, (pid, memory, descriptors) in warm.items():
        assert cold[name][0] == pid, f"{name} was started again: {Path(site.processes[name].log)}"
        assert cold[name][1] - memory < GROWTH_MB, f"{name} grew from {memory:.1f} to {cold[name][1]:.1f} MB"
        assert cold[name][2] <= descriptors + 3, (
            f"{name} holds {cold[name][2]} descriptors, {descriptors} before"
        )
    recordings = of_kind(site, "recording")
    assert {entry.body["ended_by"] for entry in recordings} == {"on_hook"}
    assert {entry.body["lost_samples"] for entry in recordings} == {0}
    assert len(recordings) == len(of_kind(site, "off_hook"))
    assert_evidence_whole(site)

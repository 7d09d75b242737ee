"""SIGKILL at random instants, again and again, while calls come and go: nothing lost, nothing twice."""

import random
import time

import pytest
from recorder_rig import Rig

from firmware.evidence.ids import parse_call


def live(rig: Rig, dice: random.Random, kills: int) -> None:
    """Calls and kills; what a status promised as durable is on the disk after each kill."""
    lifted = False

    def hand(*, up: bool) -> None:
        nonlocal lifted
        if up != lifted:
            rig.line.lift() if up else rig.line.replace()
            lifted = up

    rig.start()
    for _ in range(kills):
        hand(up=dice.random() < 0.7)
        time.sleep(dice.uniform(0, 0.4))
        if dice.random() < 0.4:
            hand(up=False)
        time.sleep(dice.uniform(0, 1.5))
        rig.kill()
        status = rig.status()
        if status is not None and status.recording is not None:
            path = rig.layout.recording / status.recording.file
            if not path.exists():
                path = rig.layout.waiting / status.recording.file
            assert path.stat().st_size >= status.recording.durable_bytes
        if dice.random() < 0.5:
            hand(up=False)
        rig.start()
    hand(up=False)


def check(rig: Rig) -> None:
    report = rig.chain()
    assert report.whole, report.problems
    assert not report.unaccounted
    assert rig.layout.state_dir.joinpath("spool/recording").exists()
    calls = [parse_call(entry.body["call"]).seq for entry in rig.entries("recording")]
    assert len(set(calls)) == len(calls), "a recording was entered twice"
    files = sorted(int(path.stem) for path in rig.layout.waiting.iterdir())
    assert sorted(calls) == files
    for entry in rig.entries("recording"):
        seq = parse_call(entry.body["call"]).seq
        assert (rig.layout.waiting / f"{seq:012d}.ohr").stat().st_size == entry.body["size"]
        _, frames, _ = rig.open(seq)
        assert len(frames) == entry.body["frames"]


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_killed_again_and_again(rig, kills):
    live(rig, random.Random(20261122), kills)
    rig.wait(lambda status: status.state == "on_hook")
    rig.wait_idle()
    assert rig.stop() == 0
    check(rig)

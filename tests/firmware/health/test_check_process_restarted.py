from dataclasses import replace

from desk_moments import NOW, WELL_DESK, S

from firmware.health.checks.process_restarted import ProcessRestarted
from firmware.health.history import History, Run
from firmware.health.verdict import Judgement

CHECK = ProcessRestarted(300)


def test_told_for_a_while_after_the_fact():
    recent = History(runs=(Run("recorder", NOW, restarted_ns=NOW - 299 * S), Run("agent", NOW)))
    old = History(runs=(Run("recorder", NOW, restarted_ns=NOW - 301 * S), Run("agent", NOW)))
    verdict = CHECK.judge(replace(WELL_DESK, history=recent))
    assert verdict.judgement is Judgement.WRONG
    assert verdict.proof.endswith("recorder")
    assert CHECK.judge(replace(WELL_DESK, history=old)).judgement is Judgement.WELL

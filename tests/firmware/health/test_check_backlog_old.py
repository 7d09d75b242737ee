from dataclasses import replace

import pytest
from desk_moments import NOW, WELL_DESK, S, with_agent

from firmware.health.checks.backlog_old import BacklogOld
from firmware.health.verdict import Judgement

CHECK = BacklogOld(900)


@pytest.mark.parametrize(
    ("waiting", "oldest_s", "judgement"),
    [(0, 0, Judgement.WELL), (3, 890, Judgement.WELL), (3, 901, Judgement.WRONG)],
)
def test_age_of_the_oldest(waiting, oldest_s, judgement):
    assert CHECK.judge(with_agent(waiting=waiting, oldest_unreceipted_s=oldest_s)).judgement is judgement


def test_it_ages_while_the_agent_is_silent():
    silent = with_agent(waiting=1, oldest_unreceipted_s=800, mono_ns=NOW - 101 * S)
    assert CHECK.judge(silent).judgement is Judgement.WRONG


def test_without_an_agent_it_cannot_tell():
    assert CHECK.judge(replace(WELL_DESK, agent=None)).judgement is Judgement.CANNOT_TELL
    assert CHECK.judge(replace(WELL_DESK, agent_running=False)).judgement is Judgement.CANNOT_TELL

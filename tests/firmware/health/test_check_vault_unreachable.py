from dataclasses import replace

import pytest
from desk_moments import NOW, WELL_DESK, S, with_agent

from firmware.health.checks.vault_unreachable import VaultUnreachable
from firmware.health.verdict import Judgement
from firmware.status import ReplicaStatus

CHECK = VaultUnreachable(120)
REACHED = ReplicaStatus(mqtt=True, https=True, last_ok_mono_ns=NOW)


def lost(seconds: float, **links: bool) -> ReplicaStatus:
    return ReplicaStatus(**links, last_ok_mono_ns=NOW - round(seconds * S))


@pytest.mark.parametrize(
    ("b", "judgement"),
    [
        (REACHED, Judgement.WELL),
        (lost(119), Judgement.WELL),
        (lost(121), Judgement.WRONG),
        (lost(121, mqtt=True), Judgement.WRONG),
        (lost(121, https=True), Judgement.WRONG),
    ],
)
def test_every_replica_counts_and_both_its_ways(b, judgement):
    assert CHECK.judge(with_agent(replicas={"a": REACHED, "b": b})).judgement is judgement


def test_a_replica_that_the_agent_does_not_name_counts_from_the_agents_start():
    assert CHECK.judge(with_agent(replicas={"a": REACHED})).judgement is Judgement.WRONG
    young = with_agent(replicas={"a": REACHED}, started_mono_ns=NOW - 10 * S)
    assert CHECK.judge(young).judgement is Judgement.WELL


def test_a_silent_or_dead_agent_hides_nothing():
    assert CHECK.judge(with_agent(mono_ns=NOW - 130 * S)).judgement is Judgement.WRONG
    assert CHECK.judge(with_agent(mono_ns=NOW - 60 * S)).judgement is Judgement.WELL
    assert CHECK.judge(replace(WELL_DESK, agent=None)).judgement is Judgement.WRONG
    just_looking = replace(WELL_DESK, agent=None, watching_since_ns=NOW - 5 * S)
    assert CHECK.judge(just_looking).judgement is Judgement.WELL


def test_no_vault_in_the_settings_is_wrong_at_once():
    assert CHECK.judge(replace(WELL_DESK, replicas=())).judgement is Judgement.WRONG

from dataclasses import replace

import pytest
from desk_moments import NOW, WELL_DESK, S, off_hook, on_hook

from firmware.health.checks.not_recording import BEGINS_WITHIN_S, NotRecording
from firmware.health.history import Handset, History
from firmware.health.verdict import Judgement
from firmware.status import HookStatus

CHECK = NotRecording(3.0)


def test_well_on_hook_and_while_the_file_grows():
    assert CHECK.judge(WELL_DESK).judgement is Judgement.WELL
    assert CHECK.judge(off_hook()).judgement is Judgement.WELL


@pytest.mark.parametrize(
    ("grown_s", "seen_grown_s", "judgement"),
    [
        (2.9, 2.9, Judgement.WELL),
        (3.1, 0.1, Judgement.WRONG),  # the recorder itself says that nothing became durable
        (0.1, 3.1, Judgement.WRONG),  # it claims growth, and the file's size does not change
        (0.1, 2.9, Judgement.WELL),
    ],
)
def test_growth_needs_both_the_word_and_the_sight(grown_s, seen_grown_s, judgement):
    verdict = CHECK.judge(off_hook(lifted_s=60, grown_s=grown_s, seen_grown_s=seen_grown_s))
    assert verdict.judgement is judgement


def test_no_recording_at_all_counts_from_the_lift():
    assert CHECK.judge(off_hook(lifted_s=2.9, recording=None)).judgement is Judgement.WELL
    verdict = CHECK.judge(off_hook(lifted_s=3.2, recording=None))
    assert verdict.judgement is Judgement.WRONG
    assert "3.2 s" in verdict.proof


def test_the_growth_of_an_earlier_call_is_no_growth_of_this_one_and_no_fault_at_its_lift():
    assert CHECK.judge(off_hook(lifted_s=1, grown_s=300, seen_grown_s=300)).judgement is Judgement.WELL


@pytest.mark.parametrize(("age_s", "judgement"), [(2.1, Judgement.WELL), (2.3, Judgement.WRONG)])
def test_a_silent_recorder_is_never_well(age_s, judgement):
    assert CHECK.judge(on_hook(mono_ns=NOW - round(age_s * S))).judgement is judgement


def test_a_dead_recorder_is_wrong_at_once():
    verdict = CHECK.judge(replace(WELL_DESK, recorder_running=False))
    assert verdict.judgement is Judgement.WRONG
    assert "gone" in verdict.proof


def test_a_recorder_that_never_began_is_unknown_first_and_wrong_later():
    never = replace(WELL_DESK, recorder=None, recorder_running=False)
    early = replace(never, watching_since_ns=NOW - 5 * S)
    late = replace(never, watching_since_ns=NOW - round((BEGINS_WITHIN_S + 1) * S))
    assert CHECK.judge(early).judgement is Judgement.CANNOT_TELL
    assert CHECK.judge(late).judgement is Judgement.WRONG


def test_a_hook_that_cannot_be_read_is_wrong_once_the_recorder_had_time():
    assert CHECK.judge(on_hook(hook=HookStatus())).judgement is Judgement.WRONG
    young = on_hook(hook=HookStatus(), started_mono_ns=NOW - 2 * S)
    assert CHECK.judge(young).judgement is Judgement.CANNOT_TELL


@pytest.mark.parametrize(("up_s", "judgement"), [(2.9, Judgement.WELL), (3.1, Judgement.WRONG)])
def test_a_lifted_handset_that_the_recorder_does_not_heed_is_wrong(up_s, judgement):
    """Whatever the reason: nobody may go on saying READY."""
    up = HookStatus(known=True, lifted=True)
    unheeded = History(handset=Handset(unheeded_ns=NOW - round(up_s * S)))
    assert CHECK.judge(replace(on_hook(hook=up), history=unheeded)).judgement is judgement


def test_a_ledger_that_cannot_be_written_is_wrong():
    assert CHECK.judge(replace(WELL_DESK, ledger_error="disk full")).judgement is Judgement.WRONG

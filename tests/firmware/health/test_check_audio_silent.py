from dataclasses import replace

import pytest
from desk_moments import NOW, WELL_DESK, S, off_hook

from firmware.health.checks.audio_silent import AudioSilent
from firmware.health.history import Handset, History
from firmware.health.verdict import Judgement

CHECK = AudioSilent(10.0, -60.0)


def silent(lifted_s: float, **handset: int):
    moment = off_hook(lifted_s=lifted_s)
    return replace(moment, history=History(handset=Handset(lifted_ns=NOW - round(lifted_s * S), **handset)))


@pytest.mark.parametrize(("lifted_s", "judgement"), [(9.9, Judgement.UNCHANGED), (10.1, Judgement.WRONG)])
def test_nothing_heard_since_the_lift(lifted_s, judgement):
    assert CHECK.judge(silent(lifted_s)).judgement is judgement


def test_a_pause_or_hold_after_something_was_heard_is_well():
    assert CHECK.judge(silent(600, heard_ns=NOW - 590 * S)).judgement is Judgement.WELL


def test_zeros_in_a_call_are_a_muted_card():
    heard = {"heard_ns": NOW - 20 * S}
    assert CHECK.judge(silent(60, zeros_since_ns=NOW - 9 * S, **heard)).judgement is Judgement.WELL
    assert CHECK.judge(silent(60, zeros_since_ns=NOW - 11 * S, **heard)).judgement is Judgement.WRONG


def test_on_hook_changes_nothing_so_only_a_heard_call_clears_it():
    assert CHECK.judge(WELL_DESK).judgement is Judgement.UNCHANGED


def test_without_a_live_recorder_it_cannot_tell():
    assert CHECK.judge(replace(silent(60), recorder_running=False)).judgement is Judgement.CANNOT_TELL

from dataclasses import replace

import pytest
from desk_moments import NOW, WELL_DESK, S, on_hook

from firmware.health.checks.audio_missing import AudioMissing
from firmware.health.verdict import Judgement
from firmware.status import AudioStatus, ProcessError

CHECK = AudioMissing(1.0)


def audio(last_block_s: float | None, *, present: bool = True) -> AudioStatus:
    return AudioStatus(
        present=present, last_block_mono_ns=0 if last_block_s is None else NOW - round(last_block_s * S)
    )


@pytest.mark.parametrize(
    ("status", "judgement"),
    [
        (audio(0.3), Judgement.WELL),
        (audio(1.05), Judgement.WELL),  # the status itself is 0.1 s old
        (audio(1.2), Judgement.WRONG),
        (audio(0.3, present=False), Judgement.WRONG),
        (audio(None, present=False), Judgement.WRONG),
        (audio(None), Judgement.WRONG),
    ],
)
def test_blocks_and_presence(status, judgement):
    assert CHECK.judge(on_hook(audio=status)).judgement is judgement


def test_a_recorder_that_just_began_may_still_open_the_card():
    opening = on_hook(audio=audio(None, present=False), started_mono_ns=NOW - 2 * S)
    assert CHECK.judge(opening).judgement is Judgement.CANNOT_TELL


def test_without_a_live_recorder_it_cannot_tell():
    assert CHECK.judge(replace(WELL_DESK, recorder_running=False)).judgement is Judgement.CANNOT_TELL
    assert CHECK.judge(on_hook(mono_ns=NOW - 5 * S)).judgement is Judgement.CANNOT_TELL


def test_the_recorders_own_sentence_is_told_it_names_the_cards():
    errors = [ProcessError("audio_missing", 'no input is called "USB"; there is: card-b', NOW)]
    missing = on_hook(audio=audio(None, present=False), errors=errors)
    assert CHECK.judge(missing).proof == 'no input is called "USB"; there is: card-b'
    gone = on_hook(audio=audio(2.0, present=False), errors=errors)
    assert CHECK.judge(gone).proof.endswith("there is: card-b")

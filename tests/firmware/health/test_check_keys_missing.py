from dataclasses import replace

import pytest
from desk_moments import NOW, WELL_DESK, on_hook

from firmware.health.checks.keys_missing import KeysMissing
from firmware.health.snapshot import KeyState
from firmware.health.verdict import Judgement
from firmware.status import ProcessError

CHECK = KeysMissing()


@pytest.mark.parametrize(
    ("keys", "judgement"),
    [
        (KeyState(True, 1, True), Judgement.WELL),
        (KeyState(False, 1, True), Judgement.WRONG),
        (KeyState(True, 0, True), Judgement.WRONG),
        (KeyState(True, 1, False), Judgement.WRONG),
    ],
)
def test_each_key_is_needed(keys, judgement):
    assert CHECK.judge(replace(WELL_DESK, keys=keys)).judgement is judgement


@pytest.mark.parametrize("code", ["keys_missing", "desk_key_missing"])
def test_a_key_that_the_recorder_refuses_counts_though_its_file_is_there(code):
    refused = on_hook(errors=[ProcessError(code, "desk.pem: others can read it", NOW)])
    assert CHECK.judge(refused).proof == "desk.pem: others can read it"

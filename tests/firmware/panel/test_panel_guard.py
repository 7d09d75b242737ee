"""The guard tells a loop that hangs from one that turns, however slowly a busy machine lets it."""

import logging
import threading

import pytest

from firmware.panel.guard import LOOKS, Guard

LOG = logging.getLogger("guard")


@pytest.fixture
def guarded():
    ended = threading.Event()
    guard = Guard(end=ended.set, log=LOG, every_s=0.05)
    yield guard, ended
    guard.close()


def test_a_loop_that_does_not_turn_is_ended(guarded):
    guard, ended = guarded
    guard.start()
    assert ended.wait(10)


def test_a_loop_that_turns_is_left_alone(guarded):
    guard, ended = guarded
    guard.start()
    for _ in range(100):
        guard.beat()
        assert not ended.wait(0.01)


def test_after_close_nobody_is_watched(guarded):
    guard, ended = guarded
    guard.start()
    guard.close()
    assert not ended.wait(0.05 * 2 * LOOKS)

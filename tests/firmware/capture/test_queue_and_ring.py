"""The bounded queue says what it drops; the ring keeps enough and no hole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.audio import AudioBlock, AudioFound, AudioGap, AudioLost
from firmware.capture.preroll import PrerollRing, length
from firmware.capture.queue import MAX_COMMANDS, CaptureError, CaptureQueue


def block(number, count=800):
    return AudioBlock(number * count, number * 100, bytes(2 * count))


def test_what_does_not_fit_becomes_one_gap_in_its_place():
    queue = CaptureQueue(seconds=1.0, channels=1)
    for number in range(15):
        queue.put_audio(block(number))
    assert queue.blocks == 10
    taken = queue.take()
    assert taken == [block(number) for number in range(10)]
    queue.put_audio(block(15))
    assert queue.take() == [AudioGap(8000, 5 * 800, "queue_full", 1400), block(15)]


def test_dropped_blocks_are_said_before_anything_else():
    queue = CaptureQueue(seconds=0.1, channels=1)
    command = object
    for event in (block(0), block(1), AudioLost(5, "gone"), AudioFound(6, "back"), block(2)):
        queue.put_audio(event)
    queue.put_command(command)
    kinds = [type(item) if item is not command else "command" for item in queue.take()]
    assert kinds == [AudioBlock, AudioGap, AudioLost, AudioFound, AudioGap, "command"]


def test_too_many_commands_are_a_mistake():
    queue = CaptureQueue(seconds=1, channels=1)
    for _ in range(MAX_COMMANDS):
        queue.put_command(object)
    with pytest.raises(CaptureError, match="wait for the disk"):
        queue.put_command(object)


@given(st.floats(0, 5), st.lists(st.tuples(st.booleans(), st.integers(1, 20_000)), max_size=60))
def test_ring_keeps_what_it_must_and_little_more(seconds, pieces):
    ring, position = PrerollRing(seconds, channels=1), 0
    for is_gap, count in pieces:
        piece = (
            AudioGap(position, count, "overflow", 1) if is_gap else AudioBlock(position, 1, bytes(2 * count))
        )
        ring.push(piece)
        position += count
    kept = ring.pieces()
    assert ring.samples == sum(length(piece, 1) for piece in kept)
    assert ring.samples >= min(position, round(seconds * 8000))
    if kept:
        assert ring.first_sample == kept[0].first_sample
        assert position - ring.first_sample == ring.samples
        assert ring.samples - length(kept[0], 1) < round(seconds * 8000)

"""The clock's rules: drift and stalls make no gap, real losses make one of the right length at the right
place.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.audio import DEVICE_LOST, OVERFLOW
from drivers.audio.timeline import Loss, RawBlock, Timeline

NS = 1_000_000_000


class Card:
    """A sound card that delivers blocks late at random, drifts, and loses samples when told."""

    def __init__(self, rate_hz=8000, block_ms=100, ppm=0, seed=1, late_ns=3_000_000):
        self.rate_hz, self.frames, self.late_ns = rate_hz, rate_hz * block_ms // 1000, late_ns
        self.true_rate = rate_hz * (1 + ppm / 1e6)
        self.captured = 0  # device samples that passed, delivered or not
        self.random = random.Random(seed)
        self.free_ns = 0

    def block(self, overflow=False, stall_ns=0, frames=None):
        frames = frames or self.frames
        self.captured += frames
        at_ns = round(5 * NS + self.captured / self.true_rate * NS)
        at_ns = max(at_ns + self.random.randrange(self.late_ns) + stall_ns, self.free_ns)
        self.free_ns = at_ns
        return RawBlock(frames, at_ns, overflow, b"")

    def lose(self, seconds):
        self.captured += round(seconds * self.true_rate)


def losses(items):
    return [item for item in items if isinstance(item, Loss)]


@pytest.mark.parametrize("ppm", [-500, -100, 0, 100, 500])
def test_drift_makes_no_gap_in_three_hours(ppm):
    card, timeline = Card(ppm=ppm, late_ns=20_000_000), Timeline(8000)
    items = [item for _ in range(3 * 36000) for item in timeline.add(card.block())]
    assert len(items) == 3 * 36000
    assert not losses(items)
    # The smoothed stamp follows the card's true time.
    true_ns = 5 * NS + card.captured / card.true_rate * NS
    assert abs(timeline.at_ns(card.captured) - true_ns) < 10_000_000


@given(
    st.integers(10, 400),
    st.integers(0, 400),
    st.sampled_from([8000, 16000, 44100, 48000]),
    st.integers(0, 99),
)
def test_overflow_says_what_the_clock_missed(blocks, lost_ms, rate_hz, seed):
    card, timeline = Card(rate_hz=rate_hz, seed=seed), Timeline(rate_hz)
    items = [item for _ in range(blocks) for item in timeline.add(card.block())]
    card.lose(lost_ms / 1000)
    items += timeline.add(card.block(overflow=True))
    items += [item for _ in range(20) for item in timeline.add(card.block())]
    (loss,) = losses(items)
    assert loss.reason == OVERFLOW
    assert items.index(loss) == blocks
    assert loss.first_sample == blocks * 800
    assert abs(loss.lost_samples - max(1, lost_ms * 8)) <= 3 * 8  # the card's lateness, 3 ms


def test_a_stall_alone_is_no_loss():
    """300 ms late, then the blocks that waited come at once."""
    card, timeline = Card(), Timeline(8000)
    items = [item for _ in range(50) for item in timeline.add(card.block())]
    items += timeline.add(card.block(stall_ns=300_000_000))
    items += [item for _ in range(50) for item in timeline.add(card.block())]
    assert len(items) == 101
    assert not losses(items)


def test_a_silent_loss_is_found_and_placed_where_it_was():
    card, timeline = Card(), Timeline(8000)
    items = [item for _ in range(50) for item in timeline.add(card.block())]
    card.lose(0.16)
    items += [item for _ in range(50) for item in timeline.add(card.block())]
    (loss,) = losses(items)
    assert (items.index(loss), loss.first_sample) == (50, 40000)
    assert abs(loss.lost_samples - 1280) <= 24


def test_blocks_held_in_a_suspicion_come_out_when_the_card_stops():
    card, timeline = Card(), Timeline(8000)
    items = [item for _ in range(10) for item in timeline.add(card.block())]
    items += timeline.add(card.block(stall_ns=250_000_000))
    assert len(items) == 10
    items += timeline.stop()
    assert len(items) == 11


def test_absence_is_counted_by_the_clock_and_one_overflow_after_it_stands_alone():
    card, timeline = Card(), Timeline(8000)
    items = [item for _ in range(10) for item in timeline.add(card.block())]
    items += timeline.stop()
    card.lose(10)
    items += timeline.add(card.block(overflow=True))
    items += timeline.add(card.block())
    card.lose(0.5)
    items += timeline.add(card.block(overflow=True))
    items += [item for _ in range(10) for item in timeline.add(card.block())]
    first, second = losses(items)
    assert (first.reason, second.reason) == (DEVICE_LOST, OVERFLOW)
    assert abs(first.lost_samples - 80000) <= 24
    assert abs(second.lost_samples - 4000) <= 24
    assert second.first_sample == first.first_sample + first.lost_samples + 1600


def test_missing_at_the_start_counts_from_the_first_loss():
    timeline = Timeline(8000)
    timeline.origin(1 * NS)
    card = Card()  # its sample 0 is at 5 s
    items = [item for _ in range(6) for item in timeline.add(card.block())]
    (loss,) = losses(items)
    assert (loss.first_sample, loss.reason) == (0, DEVICE_LOST)
    assert abs(loss.lost_samples - 32000) <= 24


def test_an_overflow_that_the_clock_cannot_see_is_one_sample():
    card, timeline = Card(late_ns=1), Timeline(8000)
    items = [item for _ in range(10) for item in timeline.add(card.block())]
    items += timeline.add(card.block(overflow=True))
    items += [item for _ in range(10) for item in timeline.add(card.block())]
    assert [loss.lost_samples for loss in losses(items)] == [1]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 4000), st.integers(0, 3), st.booleans()), min_size=1, max_size=60))
def test_every_block_comes_out_once_and_in_order(steps):
    card, timeline = Card(), Timeline(8000)
    fed, items = [], []
    for frames, kind, overflow in steps:
        if kind == 1:
            items += timeline.stop()
            card.lose(0.7)
        if kind == 2:
            card.lose(0.2)
        fed.append(card.block(overflow=overflow, frames=frames))
        items += timeline.add(fed[-1])
    items += timeline.stop()
    assert [item for item in items if isinstance(item, RawBlock)] == fed
    position = 0
    for item in items:
        if isinstance(item, Loss):
            assert item.first_sample == position
            position += item.lost_samples
        else:
            position += item.frames


def test_asking_for_a_time_before_the_beginning_is_a_mistake():
    with pytest.raises(ValueError, match="not begun"):
        Timeline(8000).at_ns(0)

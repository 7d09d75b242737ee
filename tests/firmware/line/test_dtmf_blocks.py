"""The detector against any cutting, any level, and junk."""

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.line.dtmf import DtmfDetector

sys.path.insert(0, str(Path(__file__).parent))

from dtmf_signals import DIGITS, as_int16, dial, noise, sine, voice

SOUND = np.concatenate(
    [dial(DIGITS, 50, 45), dial("55*", 40, 40), dial("8", 700), voice(2, 7), dial("1", level=-12)]
)
SOUND = as_int16(SOUND + noise(len(SOUND), -60) + sine(450, len(SOUND), -25))


def cut(samples, sizes):
    detector, told, at = DtmfDetector(), [], 0
    for size in sizes:
        told += detector.feed(samples[at : at + size])
        at += size
    return told + detector.feed(samples[at:]) + detector.finish()


WHOLE = cut(SOUND, [])


def test_the_sound_is_right():
    assert "".join(one.digit for one in WHOLE) == DIGITS + "55*" + "8" + "1"


@pytest.mark.parametrize("size", [1, 7, 80, 160, 801])
def test_blocks_of_one_length(size):
    samples = SOUND if size > 1 else SOUND[:6000]
    assert cut(samples, [size] * (len(samples) // size)) == cut(samples, [])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4000), max_size=30))
def test_blocks_of_any_length(sizes):
    assert cut(SOUND, sizes) == WHOLE


@settings(max_examples=20, deadline=None)
@given(st.floats(-22, 8))
def test_any_level(gain_db):
    heard = cut((SOUND / 32768 * 10 ** (gain_db / 20) * 0.5).astype(np.float32), [])
    assert [one.digit for one in heard] == [one.digit for one in WHOLE]
    assert all(abs(a.start_sample - b.start_sample) <= 2 for a, b in zip(heard, WHOLE, strict=True))


def test_int16_and_float_are_heard_alike():
    assert cut((SOUND / 32768).astype(np.float32), []) == WHOLE


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=8000),
    st.sampled_from([np.int16, np.float32]),
    st.lists(st.integers(1, 999), max_size=9),
)
def test_junk_never_raises(data, kind, sizes):
    samples = np.frombuffer(data[: len(data) // 4 * 4], kind)
    for one in cut(samples, sizes):
        assert 0 <= one.start_sample < one.end_sample


def test_memory_does_not_grow():
    detector = DtmfDetector()
    rng = np.random.default_rng(3)
    kinds = [
        as_int16(rng.uniform(-1, 1, 8000)),
        as_int16(sine(697, 8000, -8) + sine(1209, 8000, -8)),
        SOUND[:8000],
    ]
    sizes = []
    tracemalloc.start()
    for second in range(90):
        detector.feed(kinds[second // 10 % 3])
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(sizes[60:]) < max(sizes[:30]) + 20_000

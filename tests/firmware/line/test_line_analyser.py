"""All detectors together: any cutting, any level, junk, bounded memory."""

import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.line.analyse import LineAnalyser

sys.path.insert(0, str(Path(__file__).parent))

from caller_id_signals import mdmf, sent
from dtmf_signals import tone as key
from tone_signals import line_of, quiet, ring, talk, tone


def call():
    rung = [
        quiet(0.2),
        ring(0.8),
        quiet(0.5),
        sent(mdmf((2, b"02087654321")), seizure=80, mark=80),
        quiet(0.4),
    ]
    dialled = [tone("cn", "dial", 1.3), key("5", 80), quiet(0.1), key("7", 80), quiet(0.4)]
    return line_of(
        *rung, *dialled, tone("cn", "ringback", 1.0), quiet(0.4), talk(1.5), tone("cn", "busy", 2.2)
    )


def analysed(samples, block):
    analyser = LineAnalyser()
    for at in range(0, len(samples), block):
        analyser.feed(samples[at : at + block])
    return analyser.finish()


@pytest.fixture(scope="module")
def whole():
    return analysed(call(), 8000)


def test_everything_is_there(whole):
    assert [one.number for one in whole.caller_id] == ["02087654321"]
    assert [digit.digit for digit in whole.digits] == ["5", "7"]
    assert [one.kind for one in whole.tones] == ["dial", "ringback", "busy"]
    assert whole.outcome.outcome == "answered"


@settings(max_examples=10, deadline=None)
@given(block=st.integers(1, 20000))
def test_any_block_length_gives_the_same(whole, block):
    found = analysed(call(), block)
    assert replace(found, levels=whole.levels) == whole


@settings(max_examples=8, deadline=None)
@given(gain_db=st.floats(-22, 4))
def test_any_level_gives_the_same_events(whole, gain_db):
    samples = np.clip(call() * 10 ** (gain_db / 20), -32768, 32767).astype(np.int16)
    found = analysed(samples, 8000)
    assert [one.raw for one in found.caller_id] == [one.raw for one in whole.caller_id]
    assert [digit.digit for digit in found.digits] == [digit.digit for digit in whole.digits]
    assert [one.kind for one in found.tones] == [one.kind for one in whole.tones]
    assert found.outcome.outcome == whole.outcome.outcome


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_junk_never_raises_and_claims_nothing(seed):
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(40000) * 10 ** rng.uniform(-4, 4)
    samples[rng.random(40000) < 0.01] = np.nan
    samples[rng.random(40000) < 0.01] = np.inf
    found = analysed(samples.astype(np.float32), 3000)
    assert (found.caller_id, found.tones, found.digits) == ((), (), ())


def test_memory_does_not_grow_with_the_audio():
    analyser, second = (
        LineAnalyser(),
        np.random.default_rng(1).standard_normal(8000).astype(np.float32) * 0.01,
    )
    tracemalloc.start()
    for at in range(60):
        analyser.feed(second)
        if at == 20:
            before, _ = tracemalloc.get_traced_memory()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 100_000

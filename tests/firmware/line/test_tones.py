"""Call-progress tones of every network, at the limits of theirs, and what is none."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.lines import line_names, load_line
from firmware.line.tones import Tone, ToneBegun, ToneDetector, ToneHeard

sys.path.insert(0, str(Path(__file__).parent))

from tone_signals import chord, line_of, quiet, ring, talk, tone

KINDS = ("dial", "ringback", "busy", "congestion")
SAME = {("jp", "congestion"): "busy"}  # one tone for both
SECONDS = {"dial": 2.0, "ringback": 11.0, "busy": 4.0, "congestion": 4.0}


def events(samples, line=None, block=8000):
    detector = ToneDetector(line)
    told = [
        event for at in range(0, len(samples), block) for event in detector.feed(samples[at : at + block])
    ]
    return told + detector.finish()


def kinds(samples, line=None):
    return [event.kind for event in events(samples, line) if isinstance(event, Tone)]


@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", line_names())
def test_every_tone_of_every_network(line, kind, told):
    samples = line_of(quiet(0.5), tone(line, kind, SECONDS[kind]), quiet(1))
    assert kinds(samples, line if told else None) == [SAME.get((line, kind), kind)]


@pytest.mark.parametrize("line", line_names())
def test_the_network_is_among_those_found(line):
    found = [event for event in events(line_of(tone(line, "ringback", 9))) if isinstance(event, Tone)]
    assert line in found[0].networks


@pytest.mark.parametrize("kind", ["ringback", "busy", "congestion"])
@pytest.mark.parametrize("off_hz", [-25.0, 25.0])
@pytest.mark.parametrize("stretch", [0.9, 1.1])
def test_china_within_its_tolerances(kind, off_hz, stretch):
    samples = line_of(quiet(0.4), tone("cn", kind, SECONDS[kind], off_hz=off_hz, stretch=stretch))
    assert kinds(samples, "cn") == [kind]


def test_number_unobtainable():
    assert kinds(line_of(tone("cn", "unobtainable", 5)), "cn") == ["unobtainable"]
    assert kinds(line_of(tone("uk", "unobtainable", 3)), "uk") == ["unobtainable"]
    three = [chord((hz,), 0.33, -13) for hz in (950, 1400, 1800)]
    assert kinds(line_of(quiet(0.3), *three, quiet(1), *three)) == ["unobtainable"] * 2


def test_howlers():
    steps = [chord((950,), 0.8, level) for level in (-25, -18, -11, -4, 0)]
    assert kinds(line_of(*steps), "cn") == ["howler"]
    four = [np.concatenate([chord((1400, 2060, 2450, 2600), 0.1, -6), quiet(0.1)]) for _ in range(20)]
    assert kinds(line_of(*four), "us") == ["howler"]


@pytest.mark.parametrize("line", ["cn", "us", "au", "in"])
@pytest.mark.parametrize("snr_db", [15, 10])
def test_in_noise(line, snr_db):
    level = load_line(line).tones.busy.level_dbm0
    samples = line_of(quiet(0.5), tone(line, "busy", 4.5), noise_dbm0=level - snr_db)
    assert kinds(samples, line) == ["busy"]


def test_edges_to_20_ms():
    (found,) = [
        event
        for event in events(line_of(quiet(0.7), tone("cn", "busy", 3.85), quiet(1)), "cn")
        if isinstance(event, Tone)
    ]
    assert abs(found.start_sample - 5600) <= 160
    assert abs(found.end_sample - 36400) <= 160
    assert found.hz == pytest.approx((450,), abs=1)
    assert found.level_dbfs == pytest.approx(-10 - 3.14 - 3.01, abs=0.5)
    assert found.share > 0.99


@pytest.mark.parametrize("line", line_names())
def test_dial_tone_is_begun_within_500_ms(line):
    samples, detector = line_of(quiet(0.5), tone(line, "dial", 2)), ToneDetector(line)
    for at in range(0, len(samples), 80):
        for event in detector.feed(samples[at : at + 80]):
            assert isinstance(event, ToneBegun)
            assert "dial" in event.kinds
            assert at + 80 - 4000 <= 4000
            return
    pytest.fail("no tone was begun")


def test_busy_is_heard_while_it_goes_on():
    told = events(line_of(tone("cn", "busy", 4)), "cn")
    heard = next(event for event in told if isinstance(event, ToneHeard))
    assert (heard.kind, heard.at_sample < 1.2 * 8000) == ("busy", True)


def test_a_burst_cut_by_the_answer_is_said():
    samples = line_of(quiet(0.3), tone("cn", "ringback", 5.6), talk(3))
    (found,) = [event for event in events(samples, "cn") if isinstance(event, Tone)]
    assert (found.kind, found.cut, found.bursts) == ("ringback", True, 2)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_talk_is_no_tone(seed):
    assert kinds(line_of(talk(8, seed=seed))) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["noise", "nan", "steps", "loud"]))
def test_junk_is_none_and_never_raises(seed, kind):
    rng = np.random.default_rng(seed)
    samples = {
        "noise": rng.standard_normal(30000) * 0.1,
        "nan": np.where(rng.random(30000) < 0.2, np.nan, rng.standard_normal(30000)),
        "steps": np.repeat(rng.uniform(-1, 1, 100), 300),
        "loud": rng.standard_normal(30000) * 1e9,
    }[kind].astype(np.float32)
    assert [event for event in events(samples) if isinstance(event, Tone)] == []


def test_silence_and_ringing_are_none():
    assert kinds(line_of(quiet(3), ring(1), quiet(4), ring(1), quiet(2))) == []
    assert events(np.zeros(20000, np.int16)) == []
    assert events(np.zeros(0, np.int16)) == []


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 9000), st.sampled_from(line_names()))
def test_any_block_length_gives_the_same(block, line):
    samples = line_of(quiet(0.31), tone(line, "busy", 2.3), talk(1), tone(line, "dial", 1.2))
    assert events(samples, block=block) == events(samples)


def test_blocks_of_one_sample_give_the_same():
    samples = line_of(quiet(0.1), tone("cn", "busy", 1.6), talk(0.3))
    assert events(samples, block=1) == events(samples)


@settings(max_examples=8, deadline=None)
@given(st.floats(-38, -8), st.sampled_from(["busy", "ringback"]), st.sampled_from(line_names()))
def test_any_level_gives_the_same(level, kind, line):
    samples = line_of(quiet(0.5), tone(line, kind, SECONDS[kind], level=level), noise_dbm0=level - 30)
    assert kinds(samples, line) == [kind]

"""Outcomes by the rules, and of whole calls as they sound."""

import sys
from pathlib import Path

import pytest

from firmware.line.analyse import LineAnalyser

sys.path.insert(0, str(Path(__file__).parent))

from caller_id_signals import mdmf, sent
from dtmf_signals import tone as key
from tone_signals import line_of, quiet, ring, talk, tone

DIALLED = [part for digit in "13800" for part in (key(digit, 80), quiet(0.08))]


def analysed(*parts, line=None, noise_dbm0=-65.0):
    analyser, samples = LineAnalyser(line), line_of(*parts, noise_dbm0=noise_dbm0)
    for at in range(0, len(samples), 8000):
        analyser.feed(samples[at : at + 8000])
    return analyser.finish()


def outcome(*parts, **how):
    found = analysed(*parts, **how).outcome
    return found.outcome if found else None


@pytest.mark.parametrize("noise_dbm0", [-65.0, -25.0])
def test_an_outgoing_call_that_is_answered(noise_dbm0):
    begun = [quiet(0.3), tone("cn", "dial", 1.2), *DIALLED, quiet(0.8), tone("cn", "ringback", 5.6)]
    found = analysed(*begun, talk(4), noise_dbm0=noise_dbm0)
    assert "".join(digit.digit for digit in found.digits) == "13800"
    assert [one.kind for one in found.tones] == ["dial", "ringback"]
    assert found.line == "cn"
    assert found.outcome.outcome == "answered"
    assert found.outcome.evidence == "speech_after_ringback"
    assert abs(found.outcome.answered_sample - sum(map(len, begun))) < 800
    assert found.outcome.released_sample is None


@pytest.mark.parametrize("line", ["cn", "us", "uk", "de", "fr", "in"])
@pytest.mark.parametrize("kind", ["busy", "congestion"])
def test_refusals(line, kind):
    assert outcome(quiet(0.5), tone(line, kind, 4), line=line) == kind


def test_ringback_alone_is_no_answer():
    assert outcome(quiet(0.5), tone("us", "ringback", 14), quiet(2)) == "no_answer"


def test_ringback_cut_short_is_an_answer_though_nobody_speaks():
    found = analysed(quiet(0.5), tone("cn", "ringback", 5.5), quiet(3)).outcome
    assert (found.outcome, found.evidence) == ("answered", "ringback_cut")


def test_the_far_end_hangs_up():
    found = analysed(tone("cn", "ringback", 5.6), talk(4), quiet(0.3), tone("cn", "busy", 3)).outcome
    assert found.outcome == "answered"
    assert abs(found.released_sample - round(9.9 * 8000)) < 800


def test_ringback_then_busy_is_busy():
    assert outcome(tone("cn", "ringback", 10), tone("cn", "busy", 3)) == "busy"


def test_unobtainable():
    assert outcome(quiet(0.4), tone("cn", "unobtainable", 5), line="cn") == "unobtainable"


def test_an_incoming_call():
    who = sent(mdmf((1, b"05201432"), (2, b"02087654321")))
    rung = [quiet(0.5), ring(1), quiet(0.7), who, quiet(0.6), ring(1), quiet(1.5)]
    found = analysed(*rung, talk(4))
    assert [one.number for one in found.caller_id] == ["02087654321"]
    assert found.digits == ()
    assert found.outcome.outcome == "answered"
    assert abs(found.outcome.answered_sample - sum(map(len, rung))) < 2400
    missed = analysed(*rung, quiet(5))
    assert missed.outcome.outcome == "no_answer"


def test_dtmf_caller_id_before_the_ring():
    spill = [part for digit in "D13912345678C" for part in (key(digit, 70), quiet(0.07))]
    found = analysed(quiet(0.5), *spill, quiet(0.3), ring(1), quiet(1))
    assert [(one.number, one.kind, one.checksum_ok) for one in found.caller_id] == [
        ("13912345678", "dtmf", None)
    ]


def test_a_short_dial_tone_before_digits_is_no_ringback():
    found = analysed(quiet(0.3), tone("cn", "dial", 0.7), *DIALLED, quiet(1), line="cn")
    assert [one.kind for one in found.tones] == ["dial"]


def test_star_and_hash_of_a_howler_are_no_dialling():
    turns = [part for _ in range(5) for digit in "*#" for part in (key(digit, 100), quiet(0.1))]
    assert analysed(quiet(0.3), *turns).digits == ()
    assert len(analysed(quiet(0.3), *turns[:4]).digits) == 2


def test_nothing_has_no_outcome():
    assert outcome(quiet(3)) is None
    assert outcome(quiet(0.3), tone("us", "dial", 3)) is None
    assert LineAnalyser().finish().outcome is None

"""Caller id by DTMF: the forms in use, and dialling that is none of them."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.line.caller_id_dtmf import DtmfCallerIdReader


@dataclass(frozen=True)
class Key:
    digit: str
    start_sample: int
    end_sample: int


def keys(text, at=8000):
    return [Key(digit, at + 1120 * k, at + 1120 * k + 560) for k, digit in enumerate(text)]


def read(text, *, ring_before=False, ring_behind=False, on_hook=None):
    reader = DtmfCallerIdReader()
    reader.on_hook = on_hook
    found = reader.ring(0, 4000) if ring_before else []
    for key in keys(text):
        found += reader.digit(key)
    found += reader.passed(8000 + 1120 * len(text) + 4500)
    found += reader.ring(36000, 44000) if ring_behind else []
    return [(one.number, one.reason) for one in found + reader.finish()]


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("A13800138000C", "13800138000", None), ("D02087654321C", "02087654321", None),
        ("A0612345678D0201234567C", "0612345678", None), ("A0201234567#", "0201234567", None),
        ("B75526801234A", "75526801234", None), ("C13912345678D", "13912345678", None),
        ("D1#", None, "P"), ("D2#", None, "O"), ("B10C", None, "P"), ("B00C", None, "O"),
        ("A0612345678B10C", "0612345678", None),
    ],
)  # fmt: skip
def test_what_begins_with_a_letter_is_taken_anywhere(text, number, reason):
    assert read(text) == [(number, reason)]


@pytest.mark.parametrize("text", ["*13912345678#", "#13912345678*", "13912345678#"])
def test_what_does_not_is_taken_next_to_ringing_alone(text):
    assert read(text) == []
    assert read(text, ring_before=True) == [("13912345678", None)]
    assert read(text, ring_behind=True) == [("13912345678", None)]
    assert read(text, on_hook=True) == [("13912345678", None)]
    assert read(text, on_hook=False, ring_behind=True) == []


@pytest.mark.parametrize("text", ["13912345678", "*57#", "", "123A456B789C*0#D", "AC", "A12C34", "0"])
def test_dialling_is_no_caller_id(text):
    assert [number for number, _ in read(text) if number] == []


def test_digits_far_apart_are_no_spill():
    reader = DtmfCallerIdReader()
    apart = [Key(digit, 8000 * k, 8000 * k + 500) for k, digit in enumerate("A13912345678C")]
    assert [event for key in apart for event in reader.digit(key)] + reader.finish() == []


@given(st.text(alphabet="0123456789*#ABCD", max_size=200))
def test_junk_never_raises_and_never_invents(text):
    for number, _ in read(text):
        assert number is None or number in text

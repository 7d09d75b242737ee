"""Ids, times, base64."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.evidence import ids
from firmware.evidence.errors import FormatError
from firmware.evidence.times import format_utc, parse_utc


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back(at):
    text = format_utc(at)
    assert len(text) == 27
    assert parse_utc(text) == at


def test_a_time_is_brought_to_utc():
    at = datetime(2026, 11, 22, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    assert format_utc(at) == "2026-11-22T08:00:00.000000Z"


def test_a_time_without_a_zone_is_none():
    with pytest.raises(FormatError, match="zone"):
        format_utc(datetime(2026, 11, 22, 16, 0))  # noqa: DTZ001


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", fullmatch=True))
def test_what_parses_as_a_time_is_written_so(text):
    try:
        at = parse_utc(text)
    except FormatError:
        return
    assert format_utc(at) == text


@pytest.mark.parametrize("text", [None, 5, "2026-11-22T24:00:00.000000Z", "2026-11-22T08:00:60.000000Z"])
def test_no_times(text):
    with pytest.raises(FormatError):
        parse_utc(text)


@given(st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,7}){0,3}", fullmatch=True), st.integers(1, ids.MAX_SEQ))
def test_a_call_comes_back(desk, seq):
    desk = desk[:32].rstrip("-")
    call = ids.call_id(desk, seq)
    assert ids.parse_call(call) == (desk, seq)
    assert str(ids.parse_call(call)) == call
    assert ids.parse_recording_name(ids.recording_name(seq)) == seq


@pytest.mark.parametrize("desk", ["", "-", "a-", "-a", "a--b", "A", "a_b", "ä", "a" * 33, None, "a\n"])
def test_no_desk_ids(desk):
    with pytest.raises(FormatError):
        ids.check_desk_id(desk)


@pytest.mark.parametrize(
    "call", ["", "a", "a/", "/1", "a/0", "a/01", "a/-1", "a/1/2", "a/\u0661", None, "a/1" + "0" * 12]
)
def test_no_calls(call):
    with pytest.raises(FormatError):
        ids.parse_call(call)


@pytest.mark.parametrize("seq", [0, -1, ids.MAX_SEQ + 1, True, "1", None])
def test_no_sequence_numbers(seq):
    with pytest.raises(FormatError):
        ids.call_id("a", seq)


@pytest.mark.parametrize("name", ["42.ohr", "000000000042.OHR", "000000000000.ohr", "0000000000042.ohr", "x"])
def test_no_file_names(name):
    with pytest.raises(FormatError):
        ids.parse_recording_name(name)


@given(st.binary(max_size=40))
def test_base64_comes_back(data):
    assert ids.from_base64(ids.to_base64(data)) == data


@pytest.mark.parametrize("text", ["A", "AB==", "AA", "AA=", "A A=", "AA==\n", "-_==", "é", "AAAA="])
def test_no_base64(text):
    with pytest.raises(FormatError):
        ids.from_base64(text)


@pytest.mark.parametrize("check", [ids.check_key_id, ids.check_sha256, ids.check_boot])
@pytest.mark.parametrize("text", ["", "x", None, "A" * 16, "0" * 65, "5F0C1F1E-6F0A-4C57-9D63-0A2A6B3D9C11"])
def test_no_hex(check, text):
    with pytest.raises(FormatError):
        check(text)


def test_key_id_is_the_start_of_the_hash():
    assert ids.key_id(b"") == "e3b0c44298fc1c14"

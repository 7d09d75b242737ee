"""Whozz Calling?: records to the byte, and everything that is none."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.line import CallRecord, LineDetail, LineGarbage
from drivers.line.records import MAX_LINE_BYTES, RecordReader
from drivers.line.whozz_calling import parse

EXAMPLE = b"01 I S 0276 G B3 09/26 11:28 AM 800-555-1212   AT&T INFORMATIO"
RING = b"01 R     11/07 07:43:52"
NOW = 123_456_789

EXPECTED = CallRecord(
    at_ns=NOW,
    line=1,
    inbound=True,
    started=True,
    seconds=276,
    checksum_ok=True,
    rings=3,
    ring_type="B",
    date="09/26",
    time="11:28",
    number="800-555-1212",
    name="AT&T INFORMATIO",
    raw=EXAMPLE,
)


def events(*pieces: bytes):
    reader = RecordReader(parse)
    found = []
    for piece in pieces:
        reader.feed(piece, NOW)
        while (event := reader.next_event()) is not None:
            found.append(event)
    return found


def test_the_makers_example():
    assert events(EXAMPLE + b"\r\n") == [EXPECTED]


def test_byte_by_byte_needs_the_last_byte():
    stream = EXAMPLE + b"\r\n"
    reader = RecordReader(parse)
    for byte in stream[:-1]:
        reader.feed(bytes([byte]), NOW)
        assert reader.next_event() is None
    reader.feed(stream[-1:], NOW)
    assert reader.next_event() == EXPECTED
    assert reader.next_event() is None


@given(st.lists(st.integers(0, 200), max_size=8))
def test_cut_anywhere(cuts):
    stream = EXAMPLE + b"\r\n" + RING + b"\r\n" + b"\r\n" + EXAMPLE + b"\r\n"
    points = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(points)]
    assert events(*pieces) == [EXPECTED, LineDetail(NOW, "ring"), EXPECTED]


@pytest.mark.parametrize(
    ("letter", "kind"), [(b"R", "ring"), (b"F", "off_hook"), (b"N", "on_hook"), (b"H", "flash")]
)
@pytest.mark.parametrize("spaces", [1, 5, 13])
def test_details_wherever_the_unit_puts_the_date(letter, kind, spaces):
    line = b"02 " + letter + b" " * spaces + b"11/07 23:59:59\r\n"
    assert events(line) == [LineDetail(NOW, kind, 2)]


def test_without_name_without_number_and_with_a_dollar():
    assert events(b"03 O E 0012 G A0 12/31 01:05 PM 13800138000\r\n")[0].number == "13800138000"
    bare = events(b"03 O E 0012 G A0 12/31 12:05 AM\r\n")[0]
    assert (bare.number, bare.name, bare.time, bare.inbound, bare.started) == ("", "", "00:05", False, False)
    assert events(b"$" + EXAMPLE + b"\r\n")[0].number == "800-555-1212"
    seven = events(b"01 I S 0000 G A0 09/26 12:00 PM 555-1212       SMITH JOHN     \r\n")[0]
    assert (seven.number, seven.name, seven.time) == ("555-1212", "SMITH JOHN", "12:00")


def test_a_damaged_caller_id_is_no_number():
    damaged = EXAMPLE.replace(b" G ", b" B ").replace(b"800-", b"8\xc30-")
    (record,) = events(damaged + b"\r\n")
    assert (record.checksum_ok, record.number, record.name, record.raw) == (False, "", "", damaged)


def test_junk_before_a_record_is_kept_apart():
    assert events(b"\xff\x00~~" + RING + b"\r\n") == [
        LineGarbage(NOW, b"\xff\x00~~"),
        LineDetail(NOW, "ring"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        RING + b" junk",
        b"01 X     11/07 07:43:52",
        b"01 R     13/07 07:43:52",
        b"01 R     11/07 24:00:00",
        EXAMPLE.replace(b"11:28 AM", b"13:28 PM"),
        EXAMPLE.replace(b" I ", b" Q "),
        EXAMPLE + b"N AND MORE",
        b"ok",
    ],
)
def test_what_is_no_record_is_garbage_as_it_came(line):
    assert events(line + b"\r\n") == [LineGarbage(NOW, line)]


def test_junk_behind_does_not_spoil_the_next_record():
    assert events(b"\x80\x81\r\n" + RING + b"\r\n")[1] == LineDetail(NOW, "ring")


def test_a_stream_without_an_end_stays_bounded():
    reader = RecordReader(parse)
    for _ in range(100):
        reader.feed(b"x" * 100, NOW)
    sizes = []
    while (event := reader.next_event()) is not None:
        assert isinstance(event, LineGarbage)
        sizes.append(len(event.raw))
    assert set(sizes) == {MAX_LINE_BYTES}
    assert 10_000 - sum(sizes) <= MAX_LINE_BYTES


def test_an_overlong_line_comes_in_pieces_and_its_end_is_read():
    found = events(b"x" * 2 * MAX_LINE_BYTES + RING + b"\r\n")
    assert [type(event) for event in found] == [LineGarbage, LineGarbage, LineDetail]
    assert [len(event.raw) for event in found[:2]] == [MAX_LINE_BYTES] * 2


@given(st.lists(st.binary(max_size=600), max_size=10))
def test_never_raises_and_keeps_every_byte_but_line_ends(pieces):
    reader = RecordReader(parse)
    for piece in pieces:
        reader.feed(piece, NOW)
    reader.flush(NOW)
    kept = b""
    while (event := reader.next_event()) is not None:
        if isinstance(event, LineGarbage):
            assert 0 < len(event.raw) <= MAX_LINE_BYTES
            kept += event.raw
    if all(not isinstance(event, (CallRecord, LineDetail)) for event in events(*pieces)):
        assert kept.replace(b"\r", b"") == b"".join(pieces).replace(b"\n", b"").replace(b"\r", b"")


@given(
    st.sampled_from(list(range(len(EXAMPLE)))),
    st.binary(min_size=1, max_size=1).filter(lambda byte: byte not in b"\r\n"),
)
def test_any_byte_wrong_never_raises(index, byte):
    line = EXAMPLE[:index] + byte + EXAMPLE[index + 1 :]
    for event in parse(line, NOW):
        assert isinstance(event, (CallRecord, LineGarbage))

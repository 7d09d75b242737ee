"""Canonical JSON: one spelling for each value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.evidence.canonical import MAX_DEPTH, CanonicalError, emit, parse, parse_object

text = st.text(st.characters(codec="utf-8"))
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_emitted_parses_to_the_same_value_and_bytes(value):
    data = emit(value)
    assert parse(data) == value
    assert emit(parse(data)) == data


@given(values)
def test_emitted_is_plain_json(value):
    assert json.loads(emit(value)) == value


@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_what_is_accepted_is_emitted_again_byte_for_byte(data):
    try:
        value = parse(data)
    except CanonicalError:
        return
    assert emit(value) == data


@given(values, st.data())
def test_bytes_near_canonical_ones_are_refused_or_stand_for_themselves(value, data):
    good = emit(value)
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.binary(min_size=1, max_size=1))
    for changed in (
        good[:at] + byte + good[at:],
        good[:at] + byte + good[at + 1 :],
        good[:at] + good[at + 1 :],
    ):
        try:
            other = parse(changed)
        except CanonicalError:
            continue
        assert emit(other) == changed


def test_keys_are_sorted_by_code_point():
    assert (
        emit({"é": 1, "z": 2, "\U0001f600": 3, "\uffff": 4, "": 5})
        == '{"":5,"z":2,"é":1,"\uffff":4,"😀":3}'.encode()
    )


def test_escapes_are_the_shortest():
    assert emit('"\\/\b\t\n\f\r\x00\x1f\x7fé') == '"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7fé"'.encode()


@pytest.mark.parametrize(
    "value", [None, 1.0, 2**63, -(2**63) - 1, b"x", {1: "x"}, {"a": [None]}, "\ud800", object()]
)
def test_values_that_json_here_does_not_have(value):
    with pytest.raises(CanonicalError):
        emit(value)


@pytest.mark.parametrize(
    "data",
    [b"", b" 1", b"1 ", b"01", b"-0", b"1.0", b"1e3", b"NaN", b"null", b"[1, 2]", b'{"b":1,"a":2}',
     b'{"a":1,"a":1}', b'"\\u0041"', b'"\\/"', b'"\\u001F"', b'"\xff"', b"\xef\xbb\xbf1", b"1\n", b"[1]x",
     b'"', b"-Infinity",
     b"9223372036854775808", b"1" * 5000, b'"\\ud800"', b"'a'", b"{a:1}", b"[1,]"],
)  # fmt: skip
def test_other_spellings_are_refused(data):
    with pytest.raises(CanonicalError):
        parse(data)


def test_depth_is_bounded_both_ways():
    deepest = "x"
    for _ in range(MAX_DEPTH):
        deepest = [deepest]
    assert parse(emit(deepest)) == deepest
    with pytest.raises(CanonicalError, match="deep"):
        emit([deepest])
    with pytest.raises(CanonicalError, match="deep"):
        parse(b"[" + emit(deepest) + b"]")


def test_brackets_within_strings_are_no_depth():
    value = ["[[[[{{{{" * 10, '"[' * 50, "\\" * 9 + "["]
    assert parse(emit(value)) == value


@pytest.mark.parametrize("piece", [b"[", b'{"a":', b'\\"', b'"', b"[]", b'"\\', b"{}"])
def test_a_megabyte_of_nonsense_is_refused_quickly(piece):
    with pytest.raises(CanonicalError):
        parse(b'"' + (piece * 1_048_576)[:1_048_570])


def test_size_is_bounded():
    assert parse(b'"xx"', max_bytes=4) == "xx"
    with pytest.raises(CanonicalError, match="at most"):
        parse(b'"xxx"', max_bytes=4)


def test_an_object_is_asked_for():
    assert parse_object(b'{"a":true}') == {"a": True}
    with pytest.raises(CanonicalError, match="object"):
        parse_object(b"[]")

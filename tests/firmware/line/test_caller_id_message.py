"""Messages by their bytes: the worked examples of the standard, and damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.line.caller_id_message import checksum_ok, parse_message, split_parameters, text_of

SDMF = bytes([0x04, 0x12]) + b"093012246095551212" + bytes([0x51])
MDMF = (
    bytes.fromhex("8020 0108")
    + b"03240902"
    + bytes([7, 8])
    + b"JOHN DOE"
    + bytes([2, 10])
    + b"8005551212"
    + bytes([0x84])
)
BLOCKED = bytes([0x04, 0x09]) + b"09301220P" + bytes([0x12])


def with_sum(message):
    return message + bytes([-sum(message) & 0xFF])


def test_single_format_as_in_the_worked_example():
    message = parse_message(SDMF)
    assert message is not None
    assert (message.kind, message.time, message.number) == ("sdmf", "09301224", "6095551212")


def test_multiple_format_as_in_the_worked_example():
    message = parse_message(MDMF)
    assert message is not None
    assert (message.kind, message.time, message.number) == ("mdmf", "03240902", "8005551212")
    assert message.name == "JOHN DOE"
    assert message.raw == MDMF


def test_blocked_as_in_the_worked_example():
    message = parse_message(BLOCKED)
    assert message is not None
    assert (message.number, message.reason) == (None, "P")


def test_unknown_parameters_are_kept_in_order():
    body = bytes([0x0B, 1, 0xFF, 0x02, 3]) + b"123" + bytes([0x55, 2, 1, 2])
    message = parse_message(with_sum(bytes([0x80, len(body)]) + body))
    assert message is not None
    assert message.parameters == ((0x0B, b"\xff"), (0x02, b"123"), (0x55, b"\x01\x02"))
    assert message.number == "123"


def test_a_message_waiting_has_no_number():
    message = parse_message(with_sum(bytes.fromhex("82030b01ff")))
    assert message is not None
    assert (message.kind, message.number) == ("mdmf_waiting", None)


@pytest.mark.parametrize(
    ("sent", "read"),
    [(b"JOHN DOE  ", "JOHN DOE"), ("张三".encode("gb2312"), "张三"), (b"M\xfcller", "Müller")],
)
def test_names(sent, read):
    assert text_of(sent) == read


@pytest.mark.parametrize("raw", [SDMF, MDMF, BLOCKED])
@given(data=st.data())
def test_one_wrong_byte_is_never_a_message(raw, data):
    at = data.draw(st.integers(0, len(raw) - 1))
    wrong = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))
    assert parse_message(raw[:at] + bytes([wrong]) + raw[at + 1 :]) is None


def test_structure_must_hold_though_the_sum_does():
    assert parse_message(with_sum(bytes([0x80, 4, 0x02, 9]) + b"12")) is None  # a parameter beyond the body
    assert parse_message(with_sum(bytes([0x04, 9]) + b"0930x224P")) is None  # a date of letters
    assert parse_message(with_sum(bytes([0x80, 5, 0x02, 3]) + b"1\xb32")) is None  # a number of no digits


@given(st.binary(max_size=300))
def test_junk_never_raises(raw):
    parse_message(raw)
    split_parameters(raw)
    checksum_ok(raw)

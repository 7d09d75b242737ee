"""lineboard: records to the byte, checksums, junk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.line import LineDetail, LineFound, LineGarbage, LineVoltage, RingBurst
from drivers.line.lineboard import checksum, emit, parse
from drivers.line.records import RecordReader

NOW = 42


def events(*pieces: bytes):
    reader = RecordReader(parse)
    found = []
    for piece in pieces:
        reader.feed(piece, NOW)
        while (event := reader.next_event()) is not None:
            found.append(event)
    return found


def test_checksum_is_the_xor_of_nmea_0183():
    # A sentence whose checksum is printed in many GPS manuals.
    body = b"GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"
    assert checksum(body) == 0x47


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b"V 48012", LineVoltage(NOW, 48_012)),
        (b"V -48012", LineVoltage(NOW, -48_012)),
        (b"V 0", LineVoltage(NOW, 0)),
        (b"R 1000", RingBurst(NOW, 1000)),
        (b"H 1", LineDetail(NOW, "off_hook")),
        (b"H 0", LineDetail(NOW, "on_hook")),
        (b"P lineboard 1.2*beta", LineFound(NOW, "lineboard 1.2*beta")),
    ],
)
def test_each_record_whole_and_byte_by_byte(body, event):
    line = emit(body)
    assert line == body + b"*%02X\r\n" % checksum(body)
    assert events(line) == [event]
    assert events(*(bytes([byte]) for byte in line)) == [event]
    assert events(line.replace(b"\r", b"")) == [event]
    assert events(b"\xfe\xff" + line) == [LineGarbage(NOW, b"\xfe\xff"), event]


@pytest.mark.parametrize(
    "line",
    [
        b"H 1",
        b"H 1*00",
        b"H 2*6A",
        b"h 1*59",
        b"V*56",
        b"V  1*56",
        b"R -5*66",
        b"V 8*4e",
        b"*00",
    ],
)
def test_what_is_no_record_is_garbage_as_it_came(line):
    assert events(line + b"\r\n") == [LineGarbage(NOW, line)]


def test_junk_behind_a_record_makes_it_none():
    line = emit(b"H 1").rstrip() + b"x"
    assert events(line + b"\r\n", emit(b"H 0")) == [LineGarbage(NOW, line), LineDetail(NOW, "on_hook")]


@given(st.integers(0, 6), st.integers(0, 7))
def test_one_flipped_bit_is_always_noticed(index, bit):
    line = bytearray(emit(b"V 48012").rstrip())
    line[index] ^= 1 << bit
    found = events(bytes(line) + b"\r\n")
    assert all(isinstance(event, LineGarbage) for event in found)


@given(st.binary(max_size=600))
def test_never_raises(data):
    events(data, b"\n")

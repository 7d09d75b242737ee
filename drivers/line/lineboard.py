"""lineboard: our reference board for the telephone line. 115200 8N1, one ASCII line per event, ended by CR
LF or LF.

    V <millivolts>   line voltage, signed; ten times a second and on change
    R <ms>           one ring burst has ended and lasted this long
    H 0|1            hook: 1 off-hook
    P <text>         product and version, at start

Each is followed by "*" and two upper-case hex digits: the XOR of all bytes before the "*", as in NMEA 0183.
"""

import re

from drivers.line import LineDetail, LineEvent, LineFound, LineGarbage, LineVoltage, RingBurst

BAUD_RATE = 115_200

_RECORD = re.compile(
    rb"(?P<body>V (?P<millivolts>-?\d{1,6})|R (?P<ring_ms>\d{1,5})|H (?P<hook>[01])|"
    rb"P (?P<product>[ -~]{1,64}))\*(?P<checksum>[0-9A-F]{2})\Z"
)


def checksum(body: bytes) -> int:
    """XOR of all bytes."""
    value = 0
    for byte in body:
        value ^= byte
    return value


def emit(body: bytes) -> bytes:
    """The record's line, with its checksum and CR LF."""
    return b"%s*%02X\r\n" % (body, checksum(body))


def parse(line: bytes, at_ns: int) -> tuple[LineEvent, ...]:
    """One line without its end to events; junk before a record is told apart from it, as garbage."""
    for start in range(len(line)):
        match = _RECORD.match(line, start)
        if match is not None and checksum(match["body"]) == int(match["checksum"], 16):
            record = _event(match, at_ns)
            return (LineGarbage(at_ns, line[:start]), record) if start else (record,)
    return (LineGarbage(at_ns, line),)


def _event(match: re.Match[bytes], at_ns: int) -> LineEvent:
    if match["millivolts"] is not None:
        return LineVoltage(at_ns, int(match["millivolts"]))
    if match["ring_ms"] is not None:
        return RingBurst(at_ns, int(match["ring_ms"]))
    if match["hook"] is not None:
        return LineDetail(at_ns, "off_hook" if match["hook"] == b"1" else "on_hook")
    return LineFound(at_ns, match["product"].decode("ascii"))

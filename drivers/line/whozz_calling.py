"""Whozz Calling? by CallerID.com: RS-232, 9600 8N1, one record a line ended by CR LF.

Source: the makers' programmer's reference (2, 4 and 8 line units, "comprehensive format" and "detail
information"). A call record, in fixed columns:

    01 I S 0276 G B3 09/26 11:28 AM 800-555-1212   AT&T INFORMATIO
    0  3 5 7    12 14 17   23    29 32             47

line, I inbound or O outbound, S start or E end, seconds, G good or B bad checksum, ring type and count,
date, time on a 12-hour clock, number (14 columns), name (15 columns, not always there). A detail record
says what happens now: R ring, F off-hook, N on-hook, H hook flash; the number of spaces before its date
differs between units.

With the unit's toggle `c` a "$" stands before every record and the number has no dashes; both forms are read.
"""

import re

from drivers.line import CallRecord, DetailKind, LineDetail, LineEvent, LineGarbage

BAUD_RATE = 9600

# Toggles sent at open, one by one: no echo, dashes kept, comprehensive format, detail records, records at
# start and end, outbound calls too. The unit keeps them in non-volatile memory, which takes it 50 ms each.
SETUP = (b"E", b"C", b"X", b"d", b"A", b"o")
SETUP_GAP_S = 0.06

_CALL = re.compile(
    rb"\$?(?P<line>\d\d) (?P<way>[IO]) (?P<edge>[SE]) (?P<seconds>\d{4}) (?P<check>[GB]) "
    rb"(?P<ring_type>[A-Z])(?P<rings>\d) (?P<date>(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01])) "
    rb"(?P<hour>0[1-9]|1[0-2]):(?P<minute>[0-5]\d) (?P<half>[AP]M)"
    rb"(?: (?P<number>[^\r\n]{1,14})(?: (?P<name>[^\r\n]{1,15}))?)? *\Z"
)
_DETAIL = re.compile(
    rb"\$?(?P<line>\d\d) (?P<kind>[RFNH]) +(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01]) "
    rb"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d *\Z"
)
_KINDS: dict[bytes, DetailKind] = {b"R": "ring", b"F": "off_hook", b"N": "on_hook", b"H": "flash"}


def parse(line: bytes, at_ns: int) -> tuple[LineEvent, ...]:
    """One line without its CR LF to events; junk before a record is told apart from it, as garbage."""
    match = _CALL.search(line) or _DETAIL.search(line)
    if match is None:
        return (LineGarbage(at_ns, line),)
    record = _call(match, at_ns) if match.re is _CALL else _detail(match, at_ns)
    return (LineGarbage(at_ns, line[: match.start()]), record) if match.start() else (record,)


def _call(match: re.Match[bytes], at_ns: int) -> CallRecord:
    checksum_ok = match["check"] == b"G"
    hour = int(match["hour"]) % 12 + (12 if match["half"] == b"PM" else 0)
    return CallRecord(
        at_ns=at_ns,
        line=int(match["line"]),
        inbound=match["way"] == b"I",
        started=match["edge"] == b"S",
        seconds=int(match["seconds"]),
        checksum_ok=checksum_ok,
        rings=int(match["rings"]),
        ring_type=match["ring_type"].decode(),
        date=match["date"].decode(),
        time=f"{hour:02d}:{match['minute'].decode()}",
        # Damaged on the line: the raw bytes are kept, but they are no number and no name.
        number=_text(match["number"]) if checksum_ok else "",
        name=_text(match["name"]) if checksum_ok else "",
        raw=match[0],
    )


def _detail(match: re.Match[bytes], at_ns: int) -> LineDetail:
    return LineDetail(at_ns, _KINDS[match["kind"]], int(match["line"]))


def _text(field: bytes | None) -> str:
    """Padding off; bytes that are no ASCII as U+FFFD."""
    return (field or b"").decode("ascii", "replace").strip()

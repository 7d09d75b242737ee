"""Whozz Calling? records, fixed columns, CR LF, line 01.

01 I S 0276 G B3 09/26 11:28 AM 800-555-1212   AT&T INFORMATIO     call record
    01 R     11/07 07:43:52              detail record: R ring, F off-hook, N on-hook, H flash
"""

from dataclasses import dataclass
from datetime import datetime

NUMBER_COLUMNS = 14
NAME_COLUMNS = 15
WITHHELD = {"P": "Private", "O": "Out-of-Area"}


@dataclass(frozen=True, slots=True)
class CallFields:
    inbound: bool
    started: bool
    seconds: int
    checksum_ok: bool
    rings: int
    number: str
    name: str


class WhozzCalling:
    """A call has a start record (caller id known, or number dialled) and an end record with its seconds."""

    def __init__(self) -> None:
        self._lifted = False
        self._number = ""
        self._name = ""
        self._checksum_ok = True

    def opened(self) -> bytes:
        return b""

    def every_100_ms(self) -> bytes:
        return b""

    def hook(self, *, lifted: bool) -> bytes:
        """On-hook is told only when it was no flash: `cleared`."""
        if not lifted or self._lifted:
            return b""
        self._lifted = True
        return detail_record("F", _now())

    def flash(self) -> bytes:
        return detail_record("H", _now())

    def cleared(self) -> bytes:
        self._lifted = False
        return detail_record("N", _now())

    def voltage(self, millivolts: int) -> bytes:
        del millivolts
        return b""

    def ring_burst(self, duration_ms: int, ring: int) -> bytes:
        del duration_ms, ring
        return detail_record("R", _now())

    def caller_known(self, number: str, name: str, *, checksum_ok: bool, rings: int) -> bytes:
        self._number = WITHHELD.get(number, number)
        self._name, self._checksum_ok = name, checksum_ok
        return self._record(inbound=True, started=True, seconds=0, rings=rings)

    def number_dialled(self, number: str) -> bytes:
        self._number, self._name, self._checksum_ok = number, "", True
        return self._record(inbound=False, started=True, seconds=0, rings=0)

    def call_ended(self, *, inbound: bool, seconds: int, rings: int) -> bytes:
        record = self._record(inbound=inbound, started=False, seconds=seconds, rings=rings)
        self._number, self._name, self._checksum_ok = "", "", True
        return record

    def _record(self, *, inbound: bool, started: bool, seconds: int, rings: int) -> bytes:
        fields = CallFields(inbound, started, seconds, self._checksum_ok, rings, self._number, self._name)
        return call_record(fields, _now())


def call_record(fields: CallFields, when: datetime) -> bytes:
    """Numbers and names too long for their columns are cut, as the device does; seconds end at 9999."""
    text = (
        f"01 {'I' if fields.inbound else 'O'} {'S' if fields.started else 'E'} "
        f"{min(fields.seconds, 9999):04d} "
        f"{'G' if fields.checksum_ok else 'B'} A{min(fields.rings, 9)} {when:%m/%d %I:%M %p} "
        f"{fields.number[:NUMBER_COLUMNS]:<{NUMBER_COLUMNS}} {fields.name[:NAME_COLUMNS]:<{NAME_COLUMNS}}\r\n"
    )
    return text.encode("ascii", errors="replace")


def detail_record(kind: str, when: datetime) -> bytes:
    return f"01 {kind}     {when:%m/%d %H:%M:%S}\r\n".encode("ascii")


def _now() -> datetime:
    return datetime.now().astimezone()

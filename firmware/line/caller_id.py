"""Who calls, however it was sent: one event for FSK, DTMF and what came damaged.

Only a number whose checksum held, or a DTMF spill that begins with a letter or next to ringing, is a number.
A burst that did not check is kept as bytes and said to be damaged.
"""

from dataclasses import dataclass, field
from typing import Literal

from firmware.line.caller_id_dtmf import DtmfCallerId
from firmware.line.caller_id_message import Kind
from firmware.line.fsk import FskEvent, FskMessage

Source = Literal["bell202", "v23", "dtmf"]


@dataclass(frozen=True, slots=True)
class CallerId:
    """Samples at 8 kHz. `checksum_ok`: None where the form has none (DTMF).

    `time`: MMDDHHMM as sent. `reason`: P private, O not available, C coin …, where there is no number.
    `parameters`: (type, value) of MDMF, also those not understood. Confidence: thousandths.
    """

    start_sample: int
    end_sample: int
    kind: Kind | Literal["dtmf", "damaged"]
    source: Source
    number: str | None = field(repr=False)
    name: str | None = field(repr=False)
    time: str | None
    reason: str | None
    checksum_ok: bool | None
    raw: bytes = field(repr=False)
    parameters: tuple[tuple[int, bytes], ...] = field(repr=False)
    confidence: int


def of_fsk(event: FskEvent) -> CallerId:
    if not isinstance(event, FskMessage):
        return CallerId(
            event.start_sample, event.end_sample, "damaged", event.standard, number=None, name=None,
            time=None, reason=None, checksum_ok=False, raw=event.raw, parameters=(),
            confidence=event.confidence,
        )  # fmt: skip
    message = event.message
    return CallerId(
        event.start_sample, event.end_sample, message.kind, event.standard, number=message.number,
        name=message.name, time=message.time, reason=message.reason, checksum_ok=True, raw=message.raw,
        parameters=message.parameters, confidence=event.confidence,
    )  # fmt: skip


def of_dtmf(event: DtmfCallerId) -> CallerId:
    return CallerId(
        event.start_sample, event.end_sample, "dtmf", "dtmf", number=event.number, name=None, time=None,
        reason=event.reason, checksum_ok=None, raw=event.raw.encode("ascii"), parameters=(),
        confidence=event.confidence,
    )  # fmt: skip

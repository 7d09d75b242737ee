"""Lapse: how far the last call is accounted for, when its recorder ended with the handset up.

If the handset is found up at the next start, the seconds in between were off-hook and nobody recorded them:
they are entered as `not_recorded` of that call. Within one boot the monotonic clock counts them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from firmware.evidence.canonical import JsonObject
from firmware.evidence.entry import Entry
from firmware.evidence.fields import count, text
from firmware.evidence.times import parse_utc

SAMPLE = timedelta(microseconds=125)  # 8 kHz
Told = tuple[str, JsonObject]
"""Kind and body of an entry about a call."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """`call` is accounted for up to `since`, UTC, and not recorded from there on, for this `reason`.

    `since_ns`: the same on this boot's monotonic clock; None: it was another boot.
    """

    call: str
    reason: str
    since: datetime
    since_ns: int | None

    def ms_until(self, at: datetime, at_ns: int) -> int:
        if self.since_ns is not None:
            return max(0, at_ns - self.since_ns) // 1_000_000
        return max(0, (at - self.since) // timedelta(milliseconds=1))


def lapse_of(lift: Entry, told: Iterable[Told], *, call: str, reason: str, boot: str) -> Lapse:
    """`told`: the entries about this call behind its `lift`."""
    told, since = list(told), _lifted_at(lift)
    for kind, body in told:
        if kind == "recording":
            since = max(since, _heard_until(body))
    for kind, body in told:
        if kind == "not_recorded":
            since += timedelta(seconds=count(body["seconds"]))
    # Times of one moment are told by the wall clock of that moment: its later steps do not come in.
    passed_ns = (since - parse_utc(lift.at)) // timedelta(microseconds=1) * 1000
    return Lapse(call, reason, since, lift.mono_ns + passed_ns if lift.boot == boot else None)


def _lifted_at(lift: Entry) -> datetime:
    told = lift.body.get("lifted_at")
    return parse_utc(told) if isinstance(told, str) else parse_utc(lift.at)


def _heard_until(recording: JsonObject) -> datetime:
    return parse_utc(text(recording["started"])) + count(recording["samples"]) * SAMPLE

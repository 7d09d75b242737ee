"""Bodies of the recorder's ledger entries. What names people or numbers goes into `details`, sealed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from firmware.call.result import CallResult, Number
from firmware.capture.progress import Finished
from firmware.evidence.canonical import Json, JsonObject
from firmware.evidence.entry import seal_details
from firmware.evidence.keys import ArchivePublicKey
from firmware.evidence.times import format_utc
from firmware.ledger import Link
from firmware.recorder.open_call import OpenCall

MAX_NUMBERS = 32  # of one call in its details; an entry holds at most 16 KiB


class WallTimes:
    """Monotonic times of this boot as UTC, by both clocks read together."""

    def __init__(self, wall: Callable[[], datetime], monotonic_ns: Callable[[], int]) -> None:
        self._wall, self._monotonic_ns = wall, monotonic_ns

    def at(self, at_ns: int) -> datetime:
        now, now_ns = self._wall(), self._monotonic_ns()
        return now - timedelta(microseconds=(now_ns - at_ns) // 1000)

    def text(self, at_ns: int) -> str:
        return format_utc(self.at(at_ns))


def on_hook(call: OpenCall) -> JsonObject:
    """`call` and what is known of how it went, as far as it names nobody."""
    body: JsonObject = {"call": call.call, "off_hook_ms": call.off_hook_ms(call.ended_ns or call.began_ns)}
    result = call.result
    if result is None:
        return body
    body |= {
        "direction": result.direction,
        "outcome": result.outcome,
        "hung_up_first": result.hung_up_first,
        "flashes": result.flashes,
        "legs": len(result.legs),
        "left_off_hook": result.left_off_hook,
    }
    if result.rings_before_answer is not None:
        body["rings_before_answer"] = result.rings_before_answer
    if result.talk_ms is not None:
        body["talk_ms"] = result.talk_ms
    return body


def recording(call: OpenCall, finished: Finished, times: WallTimes, ended_by: str) -> JsonObject:
    return {
        "call": call.call,
        "sha256": finished.sha256,
        "size": finished.size,
        "frames": finished.frames,
        "samples": finished.samples,
        "lost_samples": finished.lost_samples,
        "gaps": finished.gaps,
        "started": times.text(finished.started_ns),
        "ended": times.text(finished.ended_ns),
        "ended_by": ended_by,
    }


def not_recorded(call: OpenCall) -> JsonObject:
    return {"call": call.call, "reason": call.unrecorded_reason, "seconds": call.unrecorded_seconds()}


def with_details(
    body: JsonObject, result: CallResult | None, recipient: ArchivePublicKey | None, desk: str
) -> JsonObject | Callable[[Link], JsonObject]:
    """`body` with the call's numbers sealed to `recipient`, bound to the entry they go into."""
    if result is None or recipient is None or not result.numbers:
        return body
    details: JsonObject = {"numbers": [_number(one) for one in result.numbers[:MAX_NUMBERS]]}

    def sealed(link: Link) -> JsonObject:
        return {**body, "details": seal_details(recipient, desk, link.seq, details)}

    return sealed


def _number(number: Number) -> Json:
    told: dict[str, Json] = {
        "digits": number.digits,
        "role": number.role,
        "source": number.source,
        "confidence": number.confidence,
    }
    if number.name:
        told["name"] = number.name
    if number.damaged:
        told["damaged"] = True
    return told

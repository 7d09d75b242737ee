"""Payloads of the topics, as frozen structs: `encode(message)` and `decode(Type, payload)`.

Fields that a reader does not know are ignored, so that an older vault serves a newer desk. Times are UTC,
`2026-11-22T08:00:00.123456Z`. Numbers are integers with their unit in the name.
"""

from typing import Literal, TypeVar

import msgspec

from sync.wire.errors import MALFORMED, WireError

MAX_PAYLOAD_BYTES = 64 * 1024  # a larger one is refused unread
Severity = Literal["minor", "major", "critical"]
Presence = Literal["online", "stopped", "offline"]
LineState = Literal["on_hook", "ringing", "off_hook", "talking"]


class State(msgspec.Struct, frozen=True):
    """`state`, retained. `session` is new with every connection; the will repeats it with "offline".

    A reader takes an "offline" only when its session is that of the last "online": the will of an older
    connection, delivered late, says nothing about the desk. "stopped" is a clean end of the agent.
    """

    state: Presence
    session: str
    at: str


class Finding(msgspec.Struct, frozen=True):
    code: str
    severity: Severity
    since: str
    text_en: str = ""
    text_zh: str = ""


class Lamps(msgspec.Struct, frozen=True):
    """Pattern names as the panel shows them: "off", "on", "slow_blink", …"""

    green: str = "off"
    red: str = "off"
    amber: str = "off"


class Coverage(msgspec.Struct, frozen=True):
    """Since midnight UTC."""

    off_hook_ms: int = 0
    recorded_ms: int = 0
    lost_samples: int = 0


class Backlog(msgspec.Struct, frozen=True):
    """Recordings without enough receipts, and ledger entries that this vault has not acknowledged."""

    recordings: int = 0
    oldest_s: int = 0
    entries: int = 0


class Disk(msgspec.Struct, frozen=True):
    free_bytes: int = 0
    total_bytes: int = 0


class Audio(msgspec.Struct, frozen=True):
    present: bool = False
    device: str = ""
    level_dbfs_x100: int = -12000
    peak_dbfs_x100: int = -12000


class Clock(msgspec.Struct, frozen=True):
    source: str = "unknown"
    synced: bool | None = None
    offset_us: int | None = None


class Health(msgspec.Struct, frozen=True):
    """`health`, retained: every 30 s and on change. `situation`: row of the lamp table, 0 = panel silent."""

    at: str
    session: str
    situation: int
    lamps: Lamps
    findings: tuple[Finding, ...]
    coverage: Coverage
    backlog: Backlog
    disk: Disk
    audio: Audio
    clock: Clock
    firmware: str
    uptime_s: int
    ledger_seq: int
    temperature_c: int | None = None
    processes: tuple[str, ...] = ()  # those alive, of recorder, agent, panel


class CallState(msgspec.Struct, frozen=True):
    """`call`: live state, no numbers. `call` is "<desk>/<seq>" while one runs, else empty."""

    at: str
    state: LineState
    call: str = ""


class Ack(msgspec.Struct, frozen=True):
    """`ack`: all entries up to `ledger_seq` are durable and verified in this vault; receipts: compact JWS."""

    ledger_seq: int
    receipts: tuple[str, ...] = ()


class Command(msgspec.Struct, frozen=True):
    """Claims of the JWS on `command`. `arguments` are strings; a desk obeys an id once, before `expires`."""

    id: str
    name: str
    desk: str
    vault: str
    issued: str
    expires: str
    v: Literal[1] = 1
    arguments: dict[str, str] = {}


class Result(msgspec.Struct, frozen=True):
    """`result`: `error` is empty when ok."""

    id: str
    ok: bool
    at: str
    result: dict[str, str] = {}
    error: str = ""


Message = State | Health | CallState | Ack | Result | Command
M = TypeVar("M", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(message: Message) -> bytes:
    """Payload bytes; WireError beyond MAX_PAYLOAD_BYTES (a broker would hang up, again and again)."""
    payload = _encoder.encode(message)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(
            f"{type(message).__name__} of {len(payload)} bytes: at most {MAX_PAYLOAD_BYTES} may be sent"
        )
    return payload


def decode(kind: type[M], payload: bytes) -> M:
    """The message, checked; WireError names the field that is wrong."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(f"{kind.__name__} of {len(payload)} bytes: at most {MAX_PAYLOAD_BYTES} are read")
    try:
        return msgspec.json.decode(payload, type=kind)
    except MALFORMED as e:
        raise WireError(f"{kind.__name__} message refused: {e}") from e

"""A call as the list shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Literal

from sync.vault.catalogue.calls import Call, CallFilter, calls
from sync.vault.clock import now
from sync.vault.console.moments import epoch_ms
from sync.vault.services import Services

State = Literal[
    "running", "arriving", "unsettled", "whole", "gaps", "interrupted", "not_recorded", "quarantined"
]
STATES: tuple[State, ...] = (
    "running", "arriving", "unsettled", "whole", "gaps", "interrupted", "not_recorded", "quarantined",
)  # fmt: skip
ENDED_WELL = frozenset({"on_hook"})
PAGE = 50
RUNNING = 100  # shown above a page at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`held`: this vault has the object. `receipts`: vaults that gave one, by ledger and our own word."""

    desk: str
    seq: int
    site: str
    state: State
    off_hook_at: str
    direction: str
    number: str
    agent: str
    outcome: str
    off_hook_ms: int | None
    recorded_ms: int | None
    gaps: int
    lost_ms: int
    missing_s: int
    reason: str
    held: bool
    receipts: tuple[str, ...]

    @property
    def call(self) -> str:
        return f"{self.desk}/{self.seq}"

    @property
    def running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class CallPage:
    """`running` only on the first page. `after` "" at the end."""

    running: tuple[Row, ...]
    rows: tuple[Row, ...]
    after: str


def page(services: Services, where: CallFilter, after: str) -> CallPage:
    reader = services.catalogue.reader
    first = not after and where.state in ("", "running")
    running = calls(reader, _only(where, "running"), limit=RUNNING).items if first else ()
    found = calls(reader, where, after=after, limit=PAGE)
    rest = [call for call in found.items if call.state != "running"]
    bad = quarantined(reader, [*running, *rest])
    vault = services.settings.vault.name
    return CallPage(
        tuple(row(call, vault, bad) for call in running),
        tuple(row(call, vault, bad) for call in rest),
        found.after,
    )


def row(call: Call, vault: str, bad: frozenset[tuple[str, int]]) -> Row:
    held = call.stored_at is not None
    receipts = sorted({*call.replicas, *((vault,) if held else ())})
    return Row(
        desk=call.desk,
        seq=call.seq,
        site=call.site,
        state=_state(call, quarantined=(call.desk, call.seq) in bad),
        off_hook_at=call.off_hook_at,
        direction=call.direction or "unknown",
        number=call.number,
        agent=call.agent,
        outcome=call.outcome,
        off_hook_ms=_off_hook_ms(call),
        recorded_ms=call.heard_ms,
        gaps=call.gaps or 0,
        lost_ms=call.lost_ms,
        missing_s=call.not_recorded_s,
        reason=call.not_recorded_reason,
        held=held,
        receipts=tuple(receipts),
    )


def quarantined(reader: Connection, found: Iterable[Call]) -> frozenset[tuple[str, int]]:
    """Those of the calls whose bytes were refused, and which have not come right since."""
    keys = [(call.desk, call.seq) for call in found if call.stored_at is None]
    return frozenset(key for key in keys if _has_quarantine(reader, key))


def _has_quarantine(reader: Connection, key: Sequence[str | int]) -> bool:
    query = "SELECT 1 FROM quarantine WHERE desk = ? AND kind = 'recording' AND seq = ? LIMIT 1"
    return reader.execute(query, tuple(key)).fetchone() is not None


def _state(call: Call, *, quarantined: bool) -> State:
    """The worst that is known comes first."""
    if quarantined:
        return "quarantined"
    if call.state != "recorded":
        return "unsettled" if call.state == "ended" else call.state
    if call.stored_at is None:
        return "arriving"
    if call.ended_by not in ENDED_WELL:
        return "interrupted"
    return "gaps" if call.gaps else "whole"


def _off_hook_ms(call: Call) -> int | None:
    if call.state == "running":
        return max(0, epoch_ms(now()) - epoch_ms(call.off_hook_at))
    return call.off_hook_ms


def _only(where: CallFilter, state: Literal["running"]) -> CallFilter:
    return CallFilter(
        site=where.site, desk=where.desk, state=state, direction=where.direction,
        since=where.since, until=where.until, number=where.number,
    )  # fmt: skip

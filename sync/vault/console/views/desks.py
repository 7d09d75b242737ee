"""A desk as its tile shows it."""

from dataclasses import dataclass
from typing import Literal

from sync.vault import quarantine
from sync.vault.catalogue import desks, findings
from sync.vault.catalogue.calls import CallFilter, calls
from sync.vault.catalogue.desks import Desk
from sync.vault.clock import now
from sync.vault.console.texts import Texts
from sync.vault.ingest.live import LiveDesk
from sync.vault.services import Services

Presence = Literal["online", "offline", "stopped", "never", "revoked"]
SEVERITIES = ("critical", "major", "minor")
UNRECORDED_MS = 3_000  # the promise: an unrecorded off-hook second is noticed within 3 s
SITUATIONS = range(1, 9)  # rows of the table of lamps; anything else: the panel says nothing


@dataclass(frozen=True, slots=True)
class Lamp:
    """`pattern` as the panel names it: "on", "off", "slow_blink", "blinks_4" …"""

    colour: str
    pattern: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    severity: str
    text: str
    since: str


@dataclass(frozen=True, slots=True)
class RunningCall:
    """`state` as the desk says it: "off_hook" or "talking"."""

    seq: int
    since: str
    state: str


@dataclass(frozen=True, slots=True)
class Today:
    """`percent` None: nobody has lifted the handset today. `missing_ms`: off-hook and not recorded."""

    off_hook_ms: int
    recorded_ms: int
    percent: str | None
    missing_ms: int

    @property
    def bad(self) -> bool:
        return self.missing_ms > UNRECORDED_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """`lamps_lit`: the lamps are as they are now; else they are the last that the desk told, at `told_at`."""

    desk: str
    site: str
    name: str
    presence: Presence
    situation: int
    lamps: tuple[Lamp, ...]
    lamps_lit: bool
    told_at: str
    findings: tuple[FindingLine, ...]
    call: RunningCall | None
    ringing: bool
    today: Today | None
    waiting: int
    waiting_s: int
    free_percent: int | None
    ledger_seq: int
    signed_at: str
    in_quarantine: int
    firmware: str

    @property
    def worst(self) -> str:
        """For sorting and colour: critical, major, minor, or "" when all is well."""
        if self.presence == "offline":
            return "critical"
        found = {line.severity for line in self.findings}
        return next((severity for severity in SEVERITIES if severity in found), "")


def tiles(services: Services, texts: Texts) -> list[Tile]:
    """Every desk, by site and id."""
    return [tile(services, desk, texts) for desk in desks.all_desks(services.catalogue.reader)]


def tile(services: Services, desk: Desk, texts: Texts) -> Tile:
    live, reader = services.live.get(desk.desk), services.catalogue.reader
    health, presence = live.health, _presence(desk, live)
    lamps = health.lamps if health else None
    return Tile(
        desk=desk.desk,
        site=desk.site,
        name=desk.name,
        presence=presence,
        situation=health.situation if health and health.situation in SITUATIONS else 0,
        lamps=(
            Lamp("green", lamps.green if lamps else "off"),
            Lamp("red", lamps.red if lamps else "off"),
            Lamp("amber", lamps.amber if lamps else "off"),
        ),
        lamps_lit=presence == "online" and lamps is not None,
        told_at=live.health_at,
        findings=_findings(services, desk.desk, live, texts),
        call=_running(services, desk.desk, live),
        ringing=presence == "online" and live.call is not None and live.call.state == "ringing",
        today=_today(live),
        waiting=health.backlog.recordings if health else 0,
        waiting_s=health.backlog.oldest_s if health else 0,
        free_percent=_free(live),
        ledger_seq=desk.head_seq,
        signed_at=desk.checked_at or "",
        in_quarantine=quarantine.count_all(reader, desk.desk),
        firmware=health.firmware if health else "",
    )


def _presence(desk: Desk, live: LiveDesk) -> Presence:
    if desk.revoked_at is not None:
        return "revoked"
    return live.state.state if live.state else "never"


def _findings(services: Services, desk: str, live: LiveDesk, texts: Texts) -> tuple[FindingLine, ...]:
    """What the desk says now; while it says nothing, what its ledger raised and has not cleared."""
    if live.online and live.health is not None:
        lines = [
            FindingLine(
                one.severity,
                (one.text_zh if texts.language == "zh" else one.text_en) or texts.word("finding", one.code),
                one.since,
            )
            for one in live.health.findings
        ]
    else:
        lines = [
            FindingLine(one.severity, texts.word("finding", one.code), one.raised_at)
            for one in findings.open_findings(services.catalogue.reader, desk)
        ]
    return tuple(sorted(lines, key=_rank))


def _rank(line: FindingLine) -> int:
    return SEVERITIES.index(line.severity) if line.severity in SEVERITIES else 0


def _running(services: Services, desk: str, live: LiveDesk) -> RunningCall | None:
    """By the ledger, which is proof; the live state says no more than whether they talk."""
    page = calls(services.catalogue.reader, CallFilter(desk=desk, state="running"), limit=1)
    if not page.items:
        return None
    call = page.items[0]
    talking = live.call is not None and live.call.state == "talking" and live.call.call == str(call.call)
    return RunningCall(call.seq, call.off_hook_at, "talking" if talking else "off_hook")


def _today(live: LiveDesk) -> Today | None:
    """The desk counts from midnight UTC; None when its last word is of another day, or nobody counts."""
    health = live.health
    if health is None or health.at[:10] != now()[:10] or "recorder" not in health.processes:
        return None
    off_hook, recorded = health.coverage.off_hook_ms, health.coverage.recorded_ms
    missing = max(0, off_hook - recorded)
    # Rounded down: 99.99 % is not all.
    percent = f"{(off_hook - missing) * 1000 // off_hook / 10:.1f}" if off_hook else None
    return Today(off_hook, recorded, percent, missing)


def _free(live: LiveDesk) -> int | None:
    disk = live.health.disk if live.health else None
    return disk.free_bytes * 100 // disk.total_bytes if disk and disk.total_bytes else None

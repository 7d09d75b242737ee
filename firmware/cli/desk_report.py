"""What `offhook status` tells: the three processes' own words, the ledger's last calls, the disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.desk import DeskSettings
from drivers.clock import Clock
from firmware.evidence.entry import Entry
from firmware.evidence.errors import FormatError
from firmware.evidence.ids import parse_call
from firmware.health.observer import look_at_disk, process_exists
from firmware.health.snapshot import AGENT_SILENT_S, RECORDER_SILENT_S
from firmware.health.texts import load_texts
from firmware.ledger import LedgerError, LedgerReader
from firmware.spool.layout import Layout, recording_path
from firmware.status import (
    AgentStatus,
    FindingStatus,
    LampPatterns,
    PanelStatus,
    RecorderStatus,
    StatusError,
    StatusT,
    age_ms,
    read_status,
)

PANEL_SILENT_S = 3.0
MAX_CALLS = 10


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """state: "runs", "silent" (exists, and says nothing), "gone" or "never" (no status of this boot)."""

    name: str
    state: str
    pid: int = 0
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CallLine:
    """A past call, from the ledger. where: "waiting", "delivered", "gone" (pruned) or "" (not recorded)."""

    call: str
    started: str
    seconds: float
    outcome: str
    lost_s: float
    where: str
    receipts: int


@dataclass(frozen=True, slots=True)
class Coverage:
    off_hook_s: float
    recorded_s: float

    @property
    def percent(self) -> float | None:
        """None: nobody was off-hook today."""
        return 100 * self.recorded_s / self.off_hook_s if self.off_hook_s else None


@dataclass(frozen=True, slots=True)
class ReplicaLine:
    name: str
    mqtt: bool
    https: bool
    backlog: int
    error: str


@dataclass(frozen=True, slots=True)
class DeskReport:
    """situation 0, lamps amber only: no live panel, the wiring lights amber. running: the call now, or ""."""

    desk: str
    situation: int
    lamps: LampPatterns
    findings: tuple[FindingStatus, ...]
    cannot_tell: tuple[str, ...]
    processes: tuple[ProcessLine, ...]
    state: str
    running: str
    running_s: float
    level_dbfs: float | None
    coverage: Coverage | None
    calls: tuple[CallLine, ...]
    calls_problem: str
    replicas: tuple[ReplicaLine, ...]
    waiting: int
    oldest_unreceipted_s: int
    free_percent: float | None
    free_hours: float | None

    @property
    def well(self) -> bool:
        return all(line.state == "runs" for line in self.processes) and not self.findings


def report(settings: DeskSettings, clock: Clock, *, max_calls: int = MAX_CALLS) -> DeskReport:
    """Read everything once. Nothing that is missing or damaged raises: it is shown as such."""
    layout = Layout(settings.state_path)
    recorder, recorder_line = _process(layout.run, RecorderStatus, clock, RECORDER_SILENT_S)
    agent, agent_line = _process(layout.run, AgentStatus, clock, AGENT_SILENT_S)
    panel, panel_line = _process(layout.run, PanelStatus, clock, PANEL_SILENT_S)
    live_panel = panel if panel_line.state == "runs" else None
    calls, problem = _calls(layout, max_calls)
    disk = look_at_disk(settings)
    running = recorder if recorder is not None and recorder_line.state == "runs" else None
    recording = running.recording if running is not None else None
    return DeskReport(
        desk=settings.desk.id,
        situation=live_panel.situation if live_panel else 0,
        lamps=live_panel.lamps if live_panel else LampPatterns("off", "off", "on"),
        findings=tuple(live_panel.findings) if live_panel else (),
        cannot_tell=tuple(live_panel.cannot_tell if live_panel else load_texts("en")),
        processes=(recorder_line, agent_line, panel_line),
        state=running.state if running else "unknown",
        running=running.call if running and running.off_hook else "",
        running_s=recording.durable_samples / 8000 if recording is not None else 0.0,
        level_dbfs=running.audio.level_dbfs_x100 / 100 if running and running.audio.present else None,
        coverage=_coverage(recorder),
        calls=calls,
        calls_problem=problem,
        replicas=_replicas(settings, agent),
        waiting=agent.waiting if agent else 0,
        oldest_unreceipted_s=agent.oldest_unreceipted_s if agent else 0,
        free_percent=disk.percent if disk else None,
        free_hours=disk.hours if disk else None,
    )


def _process(
    run_dir: Path, kind: type[StatusT], clock: Clock, silent_s: float
) -> tuple[StatusT | None, ProcessLine]:
    name = kind.file_name.removesuffix(".json")
    try:
        status = read_status(run_dir, kind)
    except (OSError, StatusError):
        status = None
    age = age_ms(status, boot=clock.boot_id, mono_ns=clock.monotonic_ns()) if status is not None else None
    if status is None or age is None:
        return None, ProcessLine(name, "never")
    seconds = max(0, age) / 1000
    if not process_exists(status.pid):
        return status, ProcessLine(name, "gone", status.pid, seconds)
    return status, ProcessLine(name, "runs" if seconds <= silent_s else "silent", status.pid, seconds)


def _coverage(recorder: RecorderStatus | None) -> Coverage | None:
    if recorder is None:
        return None
    return Coverage(recorder.off_hook_ms_today / 1000, recorder.recorded_ms_today / 1000)


def _replicas(settings: DeskSettings, agent: AgentStatus | None) -> tuple[ReplicaLine, ...]:
    known = agent.replicas if agent is not None else {}
    return tuple(
        ReplicaLine(one.name, said.mqtt, said.https, said.backlog, said.error)
        if (said := known.get(one.name)) is not None
        else ReplicaLine(one.name, False, False, 0, "the agent has not told anything")
        for one in settings.replica
    )


def _calls(layout: Layout, most: int) -> tuple[tuple[CallLine, ...], str]:
    if not layout.ledger.exists():
        return (), "there is no ledger yet"
    try:
        with LedgerReader(layout.ledger) as reader:
            lines = []
            for line in _call_lines(layout, reader.backwards("recording", "not_recorded")):
                lines.append(line)
                if len(lines) >= most:
                    break
    except (LedgerError, FormatError) as error:
        return (), str(error)
    return tuple(lines), ""


def _call_lines(layout: Layout, entries: Iterator[bytes]) -> Iterator[CallLine]:
    for raw in entries:
        entry = Entry.parse(raw)
        body = entry.body
        call = str(body["call"])
        seq = parse_call(call).seq
        if entry.kind == "not_recorded":
            seconds = _number(body["seconds"])
            yield CallLine(call, entry.at, seconds, f"not recorded: {body['reason']}", seconds, "", 0)
            continue
        yield CallLine(
            call=call,
            started=str(body["started"]),
            seconds=_number(body["samples"]) / 8000,
            outcome=str(body["ended_by"]),
            lost_s=_number(body["lost_samples"]) / 8000,
            where=_where(layout, seq),
            receipts=len(list(layout.receipts.glob(f"{seq:012d}.*.jws"))),
        )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int) else 0.0


def _where(layout: Layout, seq: int) -> str:
    for folder in (layout.waiting, layout.delivered, layout.recording):
        if recording_path(folder, seq).exists():
            return folder.name
    return "gone"

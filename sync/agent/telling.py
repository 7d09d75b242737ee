"""What a desk tells its vaults of itself: `state`, `health`, `call`. Pure: from status files to messages."""

from dataclasses import dataclass
from typing import TypeVar

from drivers.board import BoardReading
from drivers.clock import ClockQuality
from firmware.status import PanelStatus, RecorderStatus, age_ms
from sync.wire.messages import (
    Audio,
    Backlog,
    CallState,
    Clock,
    Coverage,
    Disk,
    Finding,
    Health,
    Lamps,
    LineState,
    Severity,
)

S = TypeVar("S", RecorderStatus, PanelStatus)
STALE_MS = 5_000  # a process that has not written for so long is not alive, whatever its file says
# What the lamps show when nothing drives them: amber is wired to light.
UNDRIVEN = Lamps(green="off", red="off", amber="on")


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that a health message is made of. None: that process never wrote in this boot."""

    recorder: RecorderStatus | None
    panel: PanelStatus | None
    board: BoardReading | None
    clock: ClockQuality | None
    disk: Disk
    firmware: str
    boot: str
    mono_ns: int


def health(sources: Sources, *, at: str, session: str, head: int, backlog: Backlog) -> Health:
    """The message for one replica: session and backlog are that replica's own."""
    recorder, panel = _alive(sources, sources.recorder), _alive(sources, sources.panel)
    board, clock = sources.board, sources.clock
    return Health(
        at=at,
        session=session,
        situation=panel.situation if panel else 0,
        lamps=Lamps(panel.lamps.green, panel.lamps.red, panel.lamps.amber) if panel else UNDRIVEN,
        findings=_findings(panel) if panel else (),
        coverage=_coverage(recorder) if recorder else Coverage(),
        backlog=backlog,
        disk=sources.disk,
        audio=_audio(recorder) if recorder else Audio(),
        clock=Clock(clock.source, clock.synced, clock.offset_us) if clock else Clock(),
        firmware=sources.firmware,
        uptime_s=int(board.uptime_s) if board else sources.mono_ns // 1_000_000_000,
        ledger_seq=head,
        temperature_c=round(board.temperature_c) if board and board.temperature_c is not None else None,
        processes=(
            "agent",
            *(() if recorder is None else ("recorder",)),
            *(() if panel is None else ("panel",)),
        ),
    )


def worth_telling(message: Health) -> tuple[object, ...]:
    """What makes a health message go out at once when it differs from the last one told."""
    codes = tuple(sorted((finding.code, finding.severity) for finding in message.findings))
    return (message.situation, message.lamps, codes, message.audio.present, message.processes)


def call_state(recorder: RecorderStatus | None, at: str) -> CallState | None:
    """Live state, without numbers; None while the recorder has not said any."""
    if recorder is None or recorder.state == "starting":
        return None
    return CallState(at=at, state=_line_state(recorder), call=recorder.call)


def _line_state(recorder: RecorderStatus) -> LineState:
    if recorder.state == "talking":
        return "talking"
    if recorder.state == "ringing":
        return "ringing"
    return "off_hook" if recorder.off_hook else "on_hook"


def _alive(sources: Sources, status: S | None) -> S | None:
    if status is None:
        return None
    age = age_ms(status, boot=sources.boot, mono_ns=sources.mono_ns)
    return status if age is not None and age < STALE_MS else None


def _findings(panel: PanelStatus) -> tuple[Finding, ...]:
    return tuple(
        Finding(one.code, severity(one.severity), one.since, one.text_en, one.text_zh)
        for one in panel.findings
    )


def severity(text: str) -> Severity:
    """A severity that this version does not know counts as the worst: it must be seen."""
    return "minor" if text == "minor" else "major" if text == "major" else "critical"


def _coverage(recorder: RecorderStatus) -> Coverage:
    return Coverage(recorder.off_hook_ms_today, recorder.recorded_ms_today, recorder.lost_samples_today)


def _audio(recorder: RecorderStatus) -> Audio:
    audio = recorder.audio
    return Audio(audio.present, audio.device, audio.level_dbfs_x100, audio.peak_dbfs_x100)

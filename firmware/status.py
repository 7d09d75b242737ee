"""RunStatus: what each desk process says about itself in run/<process>.json.

The three processes meet only in the spool, the ledger and these files. A file is replaced atomically and
not synced: it tells of a process that lives now, so it means nothing after a power cut, and `boot` and
`mono_ns` show a reader when it is from another boot or has grown old. No number, digit or name in any field.

All times ending in `_mono_ns` are CLOCK_MONOTONIC of the boot named in `boot`, in nanoseconds; 0 = never.
"""

import contextlib
import os
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec


class StatusError(Exception):
    """A status file is there but is not one of ours."""


class ProcessError(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that this process cannot do now; gone from the list as soon as it can again.

    code: as in the table of findings where one fits (`audio_missing`, `keys_missing`, `disk_full`), else
    `desk_key_missing`, `hook_missing`, `line_missing`, `ledger_broken`, `ledger_blocked`. detail: a sentence
    to act on.
    """

    code: str
    detail: str
    since_mono_ns: int


class RecordingStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The recording that grows now. Only `durable_bytes` may leave the desk; they end at a whole frame."""

    call: str
    seq: int
    file: str
    durable_bytes: int
    durable_samples: int
    grown_mono_ns: int


class AudioStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Levels in hundredths of dBFS, of the last block: -6000 is -60 dBFS."""

    present: bool = False
    last_block_mono_ns: int = 0
    level_dbfs_x100: int = -9600
    peak_dbfs_x100: int = -9600
    device: str = ""


class HookStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """known: the sensor can tell; lifted: the handset is up (meaningless unless known)."""

    known: bool = False
    lifted: bool = False


class RecorderStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """recorder.json: rewritten at every change and durable sync, every 250 ms off-hook, every second
    on-hook.
    """

    file_name: ClassVar[str] = "recorder.json"

    pid: int
    boot: str
    mono_ns: int
    started_mono_ns: int
    process: str = "recorder"
    state: str = "starting"
    off_hook: bool = False
    call: str = ""
    recording: RecordingStatus | None = None
    audio: AudioStatus = AudioStatus()
    hook: HookStatus = HookStatus()
    preroll_ms: int = 0
    queue_blocks: int = 0
    lost_samples_today: int = 0
    off_hook_ms_today: int = 0
    recorded_ms_today: int = 0
    ledger_seq: int = 0
    errors: list[ProcessError] = []


class ReplicaStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One replica as the agent sees it. backlog: entries and recordings that it has not acknowledged."""

    mqtt: bool = False
    https: bool = False
    last_ok_mono_ns: int = 0
    backlog: int = 0
    oldest_wait_s: int = 0
    acked_seq: int = 0
    error: str = ""


class AgentStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """agent.json. waiting: recordings without enough receipts."""

    file_name: ClassVar[str] = "agent.json"

    pid: int
    boot: str
    mono_ns: int
    started_mono_ns: int
    process: str = "agent"
    replicas: dict[str, ReplicaStatus] = {}
    waiting: int = 0
    oldest_unreceipted_s: int = 0
    errors: list[ProcessError] = []


class LampPatterns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of patterns, as in the table of lamps: "off", "on", "slow_blink", "fast_blink", "blinks_3" …"""

    green: str = "off"
    red: str = "off"
    amber: str = "off"


class FindingStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One raised finding. since, last: UTC. detail: the figure that raised it. The texts say what to do."""

    code: str
    severity: str
    since: str
    text_en: str
    text_zh: str
    last: str = ""
    count: int = 1
    detail: str = ""


class PanelStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """panel.json. situation: 1 to 8, the row of the table of lamps. cannot_tell: checks without evidence."""

    file_name: ClassVar[str] = "panel.json"

    pid: int
    boot: str
    mono_ns: int
    started_mono_ns: int
    process: str = "panel"
    situation: int = 2
    lamps: LampPatterns = LampPatterns()
    findings: list[FindingStatus] = []
    cannot_tell: list[str] = []
    errors: list[ProcessError] = []


RunStatus = RecorderStatus | AgentStatus | PanelStatus
StatusT = TypeVar("StatusT", RecorderStatus, AgentStatus, PanelStatus)


def write_status(run_dir: Path, status: RunStatus) -> None:
    """Replace run/<process>.json atomically: a reader sees the old text or the new one, whole.

    The folder must be there. OSError is the caller's: a status that cannot be written must not stop a
    recording.
    """
    path = run_dir / status.file_name
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(msgspec.json.encode(status) + b"\n")
        os.rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def read_status(run_dir: Path, kind: type[StatusT]) -> StatusT | None:
    """The status as last written, None if there is none yet. StatusError if the file is not one of ours."""
    path = run_dir / kind.file_name
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise StatusError(f"{path}: not a status of this version: {error}") from error


def age_ms(status: RunStatus, *, boot: str, mono_ns: int) -> int | None:
    """Milliseconds since it was written, None if it is from another boot."""
    return (mono_ns - status.mono_ns) // 1_000_000 if status.boot == boot else None

"""Observer: looks at the desk and makes snapshots. The only impure part of health.

What changes slowly (room on disk, keys) is looked at less often than each snapshot is made.
"""

import os
from dataclasses import dataclass, replace

from config.desk import DeskSettings
from drivers.clock import Clock
from firmware.health.checks.audio_silent import ZEROS_DBFS
from firmware.health.history import Growth, History
from firmware.health.snapshot import NS_PER_S, KeyState, Snapshot
from firmware.spool.layout import Layout, recording_path
from firmware.spool.room import Room, recording_bytes_per_hour, room_at
from firmware.status import AgentStatus, PanelStatus, RecorderStatus, StatusError, StatusT, read_status

SLOW_LOOK_NS = 5 * NS_PER_S


def look_at_disk(settings: DeskSettings) -> Room | None:
    """None when the disk does not answer."""
    audio = settings.audio
    channels = 2 if audio.stereo_sides == "agent_left" else 1
    try:
        return room_at(
            settings.state_path,
            recording_bytes_per_hour(audio.codec, channels, audio.opus_bitrate_bps),
        )
    except OSError:
        return None


def look_at_keys(settings: DeskSettings) -> KeyState:
    """Only whether they are there and readable: their content is for the process that uses them."""
    recipients = sum(1 for item in settings.recipients if item.purpose in ("audio", "both"))
    return KeyState(bool(settings.desk.id), recipients, os.access(settings.keys_path / "desk.pem", os.R_OK))


def process_exists(pid: int) -> bool:
    """A dead process whose parent has not noticed (state Z, X) does not exist.

    A number taken over by a stranger shows by the status' age.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
    except OSError:
        return False
    # "pid (name) state …": the name may hold anything, so look behind its last bracket.
    return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


@dataclass(frozen=True, slots=True)
class _Slow:
    at_ns: int
    disk: Room | None
    keys: KeyState


class Observer:
    """`take` gives the desk as it is now. Not for more than one thread."""

    def __init__(self, *, settings: DeskSettings, clock: Clock) -> None:
        self._settings = settings
        self._layout = Layout(settings.state_path)
        self._clock = clock
        self._since_ns = clock.monotonic_ns()
        self._replicas = tuple(replica.name for replica in settings.replica)
        self._slow: _Slow | None = None
        self._history = History()

    def begin_with(self, earlier: PanelStatus | None, own: PanelStatus) -> None:
        """Compare this process with its last run of the same boot: a panel that was killed is told too."""
        if earlier is not None and earlier.boot == self._clock.boot_id:
            self._follow("panel", earlier)
        self._follow("panel", own)

    def take(self, *, ledger_error: str = "") -> Snapshot:
        recorder = self._read(RecorderStatus)
        agent = self._read(AgentStatus)
        now_ns = self._clock.monotonic_ns()
        self._follow("recorder", recorder)
        self._follow("agent", agent)
        if recorder is not None:
            self._listen(recorder, now_ns)
        slow = self._look_slowly(now_ns)
        return Snapshot(
            now_ns=now_ns,
            watching_since_ns=self._since_ns,
            recorder=recorder,
            recorder_running=recorder is not None and process_exists(recorder.pid),
            agent=agent,
            agent_running=agent is not None and process_exists(agent.pid),
            replicas=self._replicas,
            disk=slow.disk,
            keys=slow.keys,
            history=self._history,
            ledger_error=ledger_error,
        )

    def _read(self, kind: type[StatusT]) -> StatusT | None:
        """Of this boot and of this version; anything else proves nothing about now."""
        try:
            status = read_status(self._layout.run, kind)
        except (OSError, StatusError):
            return None
        return status if status is not None and status.boot == self._clock.boot_id else None

    def _follow(self, process: str, status: RecorderStatus | AgentStatus | PanelStatus | None) -> None:
        runs = tuple(run.after(status) if run.process == process else run for run in self._history.runs)
        self._history = replace(self._history, runs=runs)

    def _listen(self, recorder: RecorderStatus, now_ns: int) -> None:
        handset = self._history.handset.after(
            recorder,
            silent_dbfs=self._settings.health.audio_silent_dbfs,
            zeros_dbfs=ZEROS_DBFS,
        )
        growth = self._grow(recorder, now_ns)
        self._history = replace(self._history, handset=handset, growth=growth)

    def _grow(self, recorder: RecorderStatus, now_ns: int) -> Growth:
        recording = recorder.recording
        if recording is None:
            return Growth()
        return self._history.growth.after(recording.call, self._size(recording.seq), now_ns)

    def _size(self, seq: int) -> int:
        """-1 for a file that cannot be looked at: then it does not grow."""
        try:
            return os.stat(recording_path(self._layout.recording, seq)).st_size
        except OSError:
            return -1

    def _look_slowly(self, now_ns: int) -> _Slow:
        if self._slow is None or now_ns - self._slow.at_ns >= SLOW_LOOK_NS:
            self._slow = _Slow(now_ns, look_at_disk(self._settings), look_at_keys(self._settings))
        return self._slow

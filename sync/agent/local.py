"""The desk's side of the agent: status files, disk, troubles of our own. Owner thread only."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.board import Board, BoardReading
from drivers.clock import Clock, ClockQuality
from firmware.status import (
    AgentStatus,
    PanelStatus,
    ProcessError,
    RecorderStatus,
    ReplicaStatus,
    StatusError,
    read_status,
    write_status,
)
from sync.agent.replica import Replica
from sync.agent.scan import Scan
from sync.agent.shelf import Shelf
from sync.agent.telling import Sources
from sync.wire.messages import Disk

SAMPLE_S = 30.0  # board and clock, as often as health


class Sampler:
    """Asks board and clock every 30 s in a thread of its own: chrony may take 2 s to answer."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board, self._clock = board, clock
        self._closing = threading.Event()
        self.reading: BoardReading | None = None
        self.quality: ClockQuality | None = None

    def start(self, on_end: Callable[[BaseException | None], None]) -> None:
        def body() -> None:
            try:
                self._run()
            except BaseException as error:
                on_end(error)
            else:
                on_end(None)

        threading.Thread(target=body, name="sampler", daemon=True).start()

    def close(self) -> None:
        self._closing.set()

    def _run(self) -> None:
        while True:
            self.reading, self.quality = self._board.read(), self._clock.quality()
            if self._closing.wait(SAMPLE_S):
                return


@dataclass(frozen=True, slots=True)
class Limits:
    keep_days: int
    low_percent: float
    receipts_required: int


class Local:
    def __init__(
        self,
        *,
        state_dir: Path,
        run_dir: Path,
        boot: str,
        firmware: str,
        limits: Limits,
        scan: Scan,
        sampler: Sampler,
        unusable: Mapping[str, str],
    ) -> None:
        """`unusable`: replicas whose files or addresses are wrong, and how: shown, never a reason to stop."""
        self._unusable = unusable
        self._state_dir, self._run_dir, self._boot, self._firmware = state_dir, run_dir, boot, firmware
        self._limits, self.scan, self._sampler = limits, scan, sampler
        self._started_ns = time.monotonic_ns()
        self._troubles: dict[str, ProcessError] = {}
        self.recorder: RecorderStatus | None = None
        self._panel: PanelStatus | None = None
        self.head = 0  # last seq of the ledger, as of the last tick

    @property
    def keep_days(self) -> int:
        return self._limits.keep_days

    @property
    def low_percent(self) -> float:
        return self._limits.low_percent

    def read_recorder(self) -> None:
        try:
            self.recorder = read_status(self._run_dir, RecorderStatus)
        except StatusError as error:
            self.trouble("recorder_status", str(error))
            return
        self.trouble("recorder_status", "")
        if self.recorder is not None:
            self.scan.growing(self.recorder)

    def read_panel(self) -> None:
        try:
            self._panel = read_status(self._run_dir, PanelStatus)
        except StatusError as error:
            self.trouble("panel_status", str(error))
            return
        self.trouble("panel_status", "")

    def trouble(self, code: str, sentence: str) -> None:
        """Something that this agent cannot do now; empty: it can again."""
        known = self._troubles.get(code)
        if not sentence:
            self._troubles.pop(code, None)
        elif known is None or known.detail != sentence:
            since = known.since_mono_ns if known else time.monotonic_ns()
            self._troubles[code] = ProcessError(code, sentence, since)

    def sources(self) -> Sources:
        return Sources(
            recorder=self.recorder,
            panel=self._panel,
            board=self._sampler.reading,
            clock=self._sampler.quality,
            disk=self._disk(),
            firmware=self._firmware,
            boot=self._boot,
            mono_ns=time.monotonic_ns(),
        )

    def write(self, replicas: Iterable[Replica], shelf: Shelf) -> None:
        """run/agent.json."""
        wall_s = time.time()
        lacking = [
            item
            for item in shelf.items()
            if item.final and len(item.receipts) < self._limits.receipts_required
        ]
        status = AgentStatus(
            pid=os.getpid(),
            boot=self._boot,
            mono_ns=time.monotonic_ns(),
            started_mono_ns=self._started_ns,
            replicas={
                one.name: one.status(shelf.lacking(one.name), head=self.head, wall_s=wall_s)
                for one in replicas
            }
            | {name: ReplicaStatus(error=sentence) for name, sentence in self._unusable.items()},
            waiting=len(lacking),
            oldest_unreceipted_s=max(0, int(max((wall_s - item.since for item in lacking), default=0))),
            errors=list(self._troubles.values()),
        )
        try:
            write_status(self._run_dir, status)
        except OSError as error:  # a full disk must not stop the uploads that make room
            self.trouble("status", f"{self._run_dir}: agent.json cannot be written: {error.strerror}")
        else:
            self.trouble("status", "")

    def _disk(self) -> Disk:
        found = os.statvfs(self._state_dir)
        return Disk(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)

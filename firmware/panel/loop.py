"""The panel's one loop: look, judge, show, announce, pet. All parts come by keyword from main.py."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from drivers.board import Board
from drivers.clock import Clock
from drivers.errors import DriverError
from firmware.evidence.times import format_utc
from firmware.health.findings import FindingChange, Findings
from firmware.health.observer import Observer
from firmware.health.snapshot import RECORDER_SILENT_S, Snapshot
from firmware.log import event
from firmware.panel.announce import Announcer, restore
from firmware.panel.display import Display
from firmware.panel.facts import gather
from firmware.panel.identify import identify_until_ns
from firmware.panel.petting import Petting
from firmware.panel.situations import choose
from firmware.panel.stage import Stage
from firmware.panel.witness import Witness
from firmware.status import ProcessError

NS_PER_S = 1_000_000_000
# Without a wake, for a file that stopped growing and for a process that died; on-hook the recorder wakes us
# once a second, so that 1.2 s find its death and cost nothing while it lives.
LOOK_OFF_HOOK_NS = 500_000_000
LOOK_ON_HOOK_NS = 1_200_000_000
SILENT_NS = (
    round(RECORDER_SILENT_S * NS_PER_S) + 10_000_000
)  # just behind the moment when it counts as silent
LAMP_TEST_NS = 1_000_000_000
STARTS_WITHIN_NS = 20 * NS_PER_S  # after that, lacking proof is a fault


class Panel:
    """`tick` does what is due and returns the seconds until something is due again."""

    def __init__(
        self,
        *,
        clock: Clock,
        observer: Observer,
        findings: Findings,
        witness: Witness,
        display: Display,
        announcer: Announcer,
        board: Board,
        run_dir: Path,
        log: logging.Logger,
    ) -> None:
        self._clock = clock
        self._observer = observer
        self._findings = findings
        self._witness = witness
        self._display = display
        self._stage = Stage(display=display, write=witness.write)
        self._announcer = announcer
        self._board = board
        self._run_dir = run_dir
        self._log = log
        self._started_ns = clock.monotonic_ns()
        self._look_ns = 0  # when to look next, without a wake
        self._identify_until_ns = 0
        self._starting = True
        self._announced: object = None
        self._petting = Petting()
        self._errors: dict[str, ProcessError] = {}

    def open(self) -> None:
        """Take over what the run before this one knew."""
        earlier = self._announcer.earlier()
        restore(self._findings, earlier)
        self._observer.begin_with(earlier, self._announcer.status())
        if earlier is not None and earlier.boot == self._clock.boot_id and earlier.situation >= 4:
            self._petting = Petting(worked=True)

    def run(self, *, wake: threading.Event, stop: threading.Event, turned: Callable[[], None]) -> None:
        """`turned` hears of every turn: at least one a second, while nothing hangs."""
        woken = True
        while not stop.is_set() and not self._witness.failed:
            turned()
            wait_s = self.tick(woken=woken)
            woken = wake.wait(wait_s)
            wake.clear()

    def tick(self, *, woken: bool) -> float:
        now_ns = self._clock.monotonic_ns()
        try:
            if woken or now_ns >= self._look_ns:
                self._look()
            self._stage.advance(self._clock.monotonic_ns())
            self._display.refresh(self._clock.monotonic_ns())
            self._clear("lamps_missing")
        except DriverError as error:
            self._say("lamps_missing", str(error))
        self._announce()
        self._pet(now_ns)
        return self._idle_s()

    def _look(self) -> None:
        snapshot = self._observer.take(ledger_error=self._witness.error)
        for change in self._findings.judge(snapshot, format_utc(self._clock.wall())):
            self._record(change)
        self._identify_until_ns = identify_until_ns(self._run_dir, self._clock.boot_id)
        self._judge_petting()
        self._look_ns = self._next_look_ns(snapshot)
        self._show(snapshot)

    def _next_look_ns(self, snapshot: Snapshot) -> int:
        now_ns, recorder = snapshot.now_ns, snapshot.live_recorder()
        due = [now_ns + LOOK_ON_HOOK_NS]
        if recorder is None or recorder.off_hook or self._starting:
            due.append(now_ns + LOOK_OFF_HOOK_NS)
        else:
            due.append(recorder.mono_ns + SILENT_NS)
        if now_ns < self._identify_until_ns:
            due.append(self._identify_until_ns)
        return min(due)

    def _show(self, snapshot: Snapshot) -> None:
        proven = self._findings.proven()
        age_ns = snapshot.now_ns - self._started_ns
        testing = age_ns < LAMP_TEST_NS
        self._starting = self._starting and age_ns < STARTS_WITHIN_NS and (testing or not proven)
        facts = gather(
            snapshot,
            self._findings.raised,
            proven=proven,
            testing=testing,
            starting=self._starting,
            identify=snapshot.now_ns < self._identify_until_ns,
        )
        self._starting = self._starting and (testing or not facts.critical)
        self._stage.want(choose(facts), self._clock.monotonic_ns())

    def _record(self, change: FindingChange) -> None:
        finding = change.finding
        event(
            self._log, "finding", code=finding.code, state=change.state, severity=finding.severity,
            detail=finding.proof,
        )  # fmt: skip
        body = {"code": finding.code, "state": change.state, "severity": finding.severity}
        self._witness.write("finding", {**body, "detail": finding.proof})

    def _announce(self) -> None:
        raised = self._findings.raised
        content = (self._stage.shown, tuple(finding.code for finding in raised), tuple(self._errors))
        if content == self._announced and self._clock.monotonic_ns() < self._announcer.due_ns():
            return
        self._announced = content
        self._announcer.write(
            self._announcer.status(
                self._stage.shown,
                raised,
                self._findings.cannot_tell,
                list(self._errors.values()),
            )
        )

    def _judge_petting(self) -> None:
        not_recording = any(finding.code == "not_recording" for finding in self._findings.raised)
        self._petting = self._petting.after(not_recording=not_recording, proven=self._findings.proven())

    def _pet(self, now_ns: int) -> None:
        if not self._petting.due(now_ns):
            return
        self._petting = self._petting.petted(now_ns)
        try:
            self._board.pet_watchdog()
            self._clear("watchdog_missing")
        except DriverError as error:
            self._say("watchdog_missing", str(error))

    def _say(self, code: str, detail: str) -> None:
        if code not in self._errors:
            event(self._log, code, level=logging.ERROR, reason=detail)
            self._errors[code] = ProcessError(code, detail, self._clock.monotonic_ns())

    def _clear(self, code: str) -> None:
        if self._errors.pop(code, None) is not None:
            event(self._log, f"{code}_over")

    def _idle_s(self) -> float:
        now_ns = self._clock.monotonic_ns()
        due = [self._look_ns, self._announcer.due_ns()]
        due += [at for at in (self._display.next_change_ns(now_ns), self._stage.due_ns()) if at is not None]
        return max(0.0, (min(due) - now_ns) / NS_PER_S)

"""Composition root of the panel process: open, run, drain, close."""

import logging
import os
import signal
import threading
from pathlib import Path

from config.desk import DeskSettings
from config.load import load_desk
from drivers.errors import DriverError
from drivers.lamps import Lamps
from drivers.open import open_board, open_clock, open_lamps
from firmware import log as logs
from firmware.alone import AnotherRunsError, hold_alone
from firmware.health.checks import all_checks
from firmware.health.findings import Findings
from firmware.health.observer import Observer
from firmware.health.texts import LANGUAGES, load_texts
from firmware.panel.announce import Announcer
from firmware.panel.chain import LEDGER_ERRORS, ledger_opener
from firmware.panel.display import Display
from firmware.panel.guard import Guard
from firmware.panel.identify import FILE_NAME
from firmware.panel.loop import Panel
from firmware.panel.watch import Watch
from firmware.panel.witness import Witness
from firmware.spool.layout import Layout
from firmware.status import AgentStatus, RecorderStatus

WATCHED = frozenset({RecorderStatus.file_name, AgentStatus.file_name, FILE_NAME})
DRAIN_S = 3.0  # entries that wait; systemd kills after 10


def run(settings: DeskSettings) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 1 when a thread failed or another panel runs."""
    log = logs.start("panel")
    run_dir = Layout(settings.state_path).run
    run_dir.mkdir(parents=True, exist_ok=True)
    try:
        hold_alone(run_dir, "panel")
    except AnotherRunsError as error:
        logs.event(log, "cannot_run", level=logging.CRITICAL, reason=str(error))
        return 1
    return _serve(settings, run_dir, log)


def _serve(settings: DeskSettings, run_dir: Path, log: logging.Logger) -> int:
    """The panel, alone on its desk. Exit code as of `run`."""
    stop, wake = threading.Event(), threading.Event()
    _stop_on_signals(stop, wake)
    clock = open_clock(settings)
    witness = Witness(
        open_ledger=ledger_opener(settings, clock),
        errors=LEDGER_ERRORS,
        wake=wake.set,
        log=log,
    )
    lamps = open_lamps(settings)
    watch = Watch(run_dir, WATCHED, wake.set)
    announcer = Announcer(
        run_dir=run_dir,
        clock=clock,
        texts={language: load_texts(language) for language in LANGUAGES},
        log=log,
    )
    board = open_board(settings)
    panel = Panel(
        clock=clock,
        observer=Observer(settings=settings, clock=clock),
        findings=Findings(all_checks(settings)),
        witness=witness,
        display=Display(lamps),
        announcer=announcer,
        board=board,
        run_dir=run_dir,
        log=log,
    )
    guard = Guard(end=lambda: os._exit(1), log=log)
    logs.event(log, "started", desk=settings.desk.id or "-")
    try:
        panel.open()
        guard.start()
        panel.run(wake=wake, stop=stop, turned=guard.beat)
    finally:
        guard.close()
        _close(log, lamps, witness, watch)
    clean = not witness.failed
    if clean:
        announcer.remove()
        board.close()
    logs.event(log, "stopped", clean=clean)
    return 0 if clean else 1


def _stop_on_signals(stop: threading.Event, wake: threading.Event) -> None:
    def end(*_: object) -> None:
        stop.set()
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _close(log: logging.Logger, lamps: Lamps, witness: Witness, watch: Watch) -> None:
    """Lamps first: a process that stops promises nothing, and amber lights by its wiring.

    One failing close does not stop the others.
    """
    try:
        lamps.close()
    except DriverError as error:
        logs.event(log, "lamps_not_closed", level=logging.ERROR, reason=str(error))
    watch.close()
    witness.write("lamps", {"ready": "off", "recording": "off", "fault": "on", "situation": 0})
    if not witness.close(DRAIN_S):
        logs.event(log, "entries_not_written", level=logging.ERROR, seconds=DRAIN_S)


def main(config_file: Path | None) -> int:
    """Raises config.load.ConfigError."""
    return run(load_desk(config_file))

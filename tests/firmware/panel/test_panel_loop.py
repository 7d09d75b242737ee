"""The panel's loop in one process, with lamps, ledger and watchdog that fail when told to."""

import logging
import os
import threading

import pytest

from config.load import load_desk
from drivers.clock.system import SystemClock
from drivers.errors import DriverError
from firmware.health.checks import all_checks
from firmware.health.findings import Findings
from firmware.health.observer import Observer
from firmware.health.texts import LANGUAGES, load_texts
from firmware.ledger import LedgerBlockedError
from firmware.panel import loop
from firmware.panel.announce import Announcer
from firmware.panel.chain import LEDGER_ERRORS, ledger_opener
from firmware.panel.display import Display
from firmware.panel.loop import Panel
from firmware.panel.witness import Witness
from firmware.spool.layout import Layout
from firmware.status import (
    AgentStatus,
    AudioStatus,
    HookStatus,
    PanelStatus,
    RecorderStatus,
    ReplicaStatus,
    read_status,
    write_status,
)

LOG = logging.getLogger("test")
PATIENCE_S = 20


class Lamps:
    def __init__(self) -> None:
        self.now = (0.0, 0.0, 0.0)
        self.broken = False

    def set(self, *, green: float, red: float, amber: float) -> None:
        if self.broken:
            raise DriverError("the pins do not answer")
        self.now = (green, red, amber)

    def close(self) -> None:
        pass


class Watchdog:
    model = "test"

    def __init__(self) -> None:
        self.pets = 0
        self.broken = False

    def pet_watchdog(self) -> bool:
        if self.broken:
            raise DriverError("/dev/watchdog is gone")
        self.pets += 1
        return True

    def read(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass


class Chain:
    def __init__(self) -> None:
        self.full = False
        self.entries: list[str] = []

    def append(self, kind, body):
        if self.full:
            raise LedgerBlockedError("the disk is full")
        self.entries.append(kind)

    def close(self) -> None:
        pass


class Bench:
    """A panel of which every part is at hand. `until` ticks it as its own loop does."""

    def __init__(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(loop, "LAMP_TEST_NS", 0)
        (tmp_path / "desk.toml").write_text("""
state_dir = "."
[desk]
id = "t-1"
[spool]
low_percent = 1
critical_hours = 0.1
""")
        settings = load_desk(tmp_path / "desk.toml")
        self.layout = Layout(tmp_path)
        for folder in (*self.layout.folders(), tmp_path / "keys"):
            folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "keys" / "desk.pem").touch()
        self.clock = SystemClock()
        self.lamps, self.watchdog, self.chain, self.wake = Lamps(), Watchdog(), Chain(), threading.Event()
        self.witness = Witness(
            open_ledger=lambda: self.chain, errors=LEDGER_ERRORS, wake=self.wake.set, log=LOG
        )
        checks = [check for check in all_checks(settings) if check.code in ("not_recording", "audio_missing")]
        self.announcer = Announcer(
            run_dir=self.layout.run,
            clock=self.clock,
            texts={language: load_texts(language) for language in LANGUAGES},
            log=LOG,
        )
        self.panel = Panel(
            clock=self.clock,
            observer=Observer(settings=settings, clock=self.clock),
            findings=Findings(checks),
            witness=self.witness,
            display=Display(self.lamps),
            announcer=self.announcer,
            board=self.watchdog,
            run_dir=self.layout.run,
            log=LOG,
        )
        self.panel.open()

    def speak(self) -> None:
        """A recorder on-hook and an agent, both well."""
        now_ns = self.clock.monotonic_ns()
        who = {"pid": os.getpid(), "boot": self.clock.boot_id, "mono_ns": now_ns, "started_mono_ns": 1}
        audio = AudioStatus(present=True, last_block_mono_ns=now_ns)
        write_status(self.layout.run, RecorderStatus(**who, audio=audio, hook=HookStatus(known=True)))
        write_status(self.layout.run, AgentStatus(**who, replicas={"a": ReplicaStatus()}))

    def until(self, true) -> None:
        """Ends by the test's own timeout when it never comes true."""
        while not true():
            self.speak()
            self.panel.tick(woken=True)
            self.wake.wait(0.02)
            self.wake.clear()

    def status(self) -> PanelStatus:
        found = read_status(self.layout.run, PanelStatus)
        assert found is not None
        return found


@pytest.fixture
def bench(tmp_path, monkeypatch):
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.chain.full = False
    made.witness.close(PATIENCE_S)


def test_ready_is_shown_entered_and_the_watchdog_is_fed(bench):
    bench.until(lambda: bench.lamps.now == (1, 0, 0))
    assert bench.chain.entries[-1] == "lamps"
    assert bench.watchdog.pets == 1
    assert bench.panel.tick(woken=False) > 0.1  # nothing to do for a while


def test_lamps_that_do_not_answer_are_told_and_used_again(bench):
    bench.lamps.broken = True
    bench.until(lambda: bench.panel.tick(woken=True) >= 0 and bench.status().errors)
    assert [error.code for error in bench.status().errors] == ["lamps_missing"]
    bench.lamps.broken = False
    bench.until(lambda: bench.lamps.now == (1, 0, 0) and not bench.status().errors)


def test_a_ledger_that_cannot_be_written_puts_green_out(bench):
    bench.until(lambda: bench.lamps.now == (1, 0, 0))
    bench.chain.full = True
    bench.witness.write("lamps", {})
    bench.until(lambda: bench.lamps.now[0] == 0)
    bench.until(lambda: bench.lamps.now[2] == 1)  # though its own entry waits
    assert bench.status().situation == 3
    assert "full" in bench.status().findings[0].detail
    bench.chain.full = False
    bench.until(lambda: bench.lamps.now == (1, 0, 0))


def test_a_watchdog_that_is_gone_is_told(bench):
    bench.watchdog.broken = True
    bench.until(lambda: (bench.layout.run / "panel.json").exists() and bench.status().errors)
    assert bench.status().errors[0].code == "watchdog_missing"


def test_a_run_folder_that_cannot_be_written_does_not_stop_the_lamps(bench, caplog):
    bench.until(lambda: bench.lamps.now == (1, 0, 0))
    bench.announcer._run_dir = bench.layout.run / "gone"
    for _ in range(2):
        bench.announcer.write(bench.announcer.status())
    assert caplog.text.count("status_blocked") == 1


def test_a_status_of_another_version_is_logged_and_forgotten(bench, caplog):
    (bench.layout.run / "panel.json").write_text('{"v": 99}')
    assert bench.announcer.earlier() is None
    assert "earlier_status_unreadable" in caplog.text


def test_a_desk_without_an_id_has_no_chain(tmp_path):
    assert ledger_opener(load_desk(), SystemClock()) is None

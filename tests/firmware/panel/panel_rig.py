"""A real panel process on the pins of a virtual desk, with a recorder that obeys and can be killed."""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from config.load import load_desk
from drivers.clock.system import SystemClock
from drivers.virtual.client import VirtualDesk
from drivers.virtual.moments import LampChange
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.ledger import LedgerReader
from firmware.spool.layout import Layout
from firmware.status import PanelStatus, read_status

PATIENCE_S = 20
STAND_IN = Path(__file__).with_name("recorder_stand_in.py")


def settings_text(state_dir: Path, desk: VirtualDesk, *, extra: str = "") -> str:
    key = ArchivePrivateKey.generate().public.base64
    vault = base64.b64encode(bytes(32)).decode()
    lines = [f'state_dir = "{state_dir}"', "receipts_required = 1", extra, '[desk]\nid = "t-1"']
    for table, values in desk.settings().items():
        if table != "desk":
            lines += [
                f"[{table}]",
                *(f"{name} = {msgspec.json.encode(value).decode()}" for name, value in values.items()),
            ]
    lines += ['[board]\ndriver = "generic"\nwatchdog = ""']
    lines += [f'[[recipients]]\nname = "archive"\npublic_key = "{key}"\npurpose = "both"']
    lines += ['[[replica]]\nname = "a"\nmqtt_host = "127.0.0.1"\nmqtt_port = 1']
    lines += [f'https_url = "https://127.0.0.1:2"\nca_file = "ca.pem"\npublic_key = "{vault}"']
    return "\n".join(lines)


class Rig:
    """`start_panel` and `start_recorder` may be called again after a kill."""

    def __init__(self, directory: Path, desk: VirtualDesk) -> None:
        self.desk = desk
        self.state_dir = directory / "state"
        self.layout = Layout(self.state_dir)
        for folder in (*self.layout.folders(), self.state_dir / "keys"):
            folder.mkdir(parents=True)
        SigningKey.generate().save(self.state_dir / "keys" / "desk.pem")
        self.config = directory / "desk.toml"
        self.config.write_text(settings_text(self.state_dir, desk))
        self.settings = load_desk(self.config)
        self.clock = SystemClock()
        self.processes: list[subprocess.Popen[bytes]] = []

    def start_panel(self) -> subprocess.Popen[bytes]:
        return self._start("-m", "firmware.panel", "--config", str(self.config))

    def start_command(self, name: str) -> subprocess.Popen[bytes]:
        return self._start("-m", "firmware.cli.main", name, "--config", str(self.config))

    def start_recorder(self) -> "Recorder":
        return Recorder(
            self._start(str(STAND_IN), str(self.state_dir), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )

    def start_real_recorder(self) -> subprocess.Popen[bytes]:
        return self._start("-m", "firmware.recorder", "--config", str(self.config))

    def _start(self, *command: str, **streams: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", *command], env={**os.environ, **self.desk.environment()}, **streams
        )
        self.processes.append(process)
        return process

    def status(self) -> PanelStatus | None:
        return read_status(self.layout.run, PanelStatus)

    def wait(self, what: str, true: Callable[[], object]) -> None:
        """Look until it is so; the panel's status and lamps have no other reader to wake."""
        until = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < until, f"{what}: not within {PATIENCE_S} s; {self.status()}"
            time.sleep(0.02)

    def wait_situation(self, number: int) -> None:
        self.wait(f"situation {number}", lambda: (status := self.status()) and status.situation == number)

    def changes(self, since_ns: int, lamp: str) -> list[LampChange]:
        return [change for change in self.desk.lamps(since_ns).history if change.lamp == lamp]

    def entries(self, kind: str) -> list[dict[str, object]]:
        with LedgerReader(self.layout.ledger) as reader:
            return [msgspec.json.decode(raw) for raw in reader.since(1, kind)]

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
            process.wait(PATIENCE_S)
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


class Recorder:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def tell(self, command: str) -> int:
        """When the status that follows was written, CLOCK_MONOTONIC ns; 0 for `stop`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        return int(self.process.stdout.readline() or b"0")

    def kill(self) -> int:
        at_ns = time.monotonic_ns()
        self.process.kill()
        self.process.wait(PATIENCE_S)
        return at_ns

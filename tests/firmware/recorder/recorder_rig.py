"""A recorder process at the virtual desk: its settings, its life, and what it leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from drivers.virtual.client import VirtualDesk
from firmware.evidence.chain import ChainReport, verify_chain
from firmware.evidence.entry import Entry
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.opening import open_recording
from firmware.ledger import LedgerReader
from firmware.spool import Layout
from firmware.status import RecorderStatus, read_status

DESK = "t-1"
TIMEOUT_S = 20.0


class Rig:
    """One state folder and its recorder, which may be started again and again."""

    def __init__(self, folder: Path, line: VirtualDesk, *, state_dir: Path | None = None) -> None:
        self.line = line
        self.folder = folder
        self.layout = Layout(state_dir or folder / "state")
        self.config = folder / "desk.toml"
        self.log = folder / "recorder.log"
        self.archive = ArchivePrivateKey.generate()
        self.desk_key = SigningKey.generate()
        self.process: subprocess.Popen[bytes] | None = None
        keys = self.layout.state_dir / "keys"
        keys.mkdir(parents=True)
        self.desk_key.save(keys / "desk.pem")
        self.write_settings()

    def write_settings(self, *, recipients: bool = True, **tables: dict) -> None:
        merged = {name: dict(table) for name, table in self.line.settings().items()}
        merged["desk"]["id"] = DESK
        merged["board"] = {"driver": "generic", "watchdog": ""}
        for name, table in tables.items():
            merged.setdefault(name, {}).update(table)
        text = f"state_dir = {json.dumps(str(self.layout.state_dir))}\n"
        for name, table in merged.items():
            text += f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        if recipients:
            public = self.archive.public.base64
            text += f'[[recipients]]\nname = "archive"\npurpose = "both"\npublic_key = "{public}"\n'
        self.config.write_text(text)

    def start(self, *, ready: bool = True) -> None:
        command = [sys.executable, "-P", "-m", "firmware.recorder", "--config", str(self.config)]
        with self.log.open("ab") as log:
            environment = {**os.environ, **self.line.environment()}
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=environment)
        if ready:
            self.wait(
                lambda status: status.audio.present and status.hook.known and status.state != "starting"
            )

    def wait(self, holds, timeout_s: float = TIMEOUT_S) -> RecorderStatus:
        """The first status of this process of which `holds` is true."""
        end = time.monotonic() + timeout_s
        status = None
        while time.monotonic() < end:
            status = self.status()
            if status is not None and status.pid == self.process.pid and holds(status):
                return status
            assert self.process.poll() is None, f"the recorder ended:\n{self.log.read_text()}"
            time.sleep(0.01)
        raise AssertionError(f"never came: {status}\n{self.log.read_text()}")

    def wait_log(self, text: str) -> None:
        end = time.monotonic() + TIMEOUT_S
        while text not in self.log.read_text():
            assert time.monotonic() < end, f"{text!r} never came:\n{self.log.read_text()}"
            time.sleep(0.02)

    def wait_recording(self, seconds: float = 0.0) -> RecorderStatus:
        """Until so much audio of the running call is durable."""
        return self.wait(lambda s: s.recording is not None and s.recording.durable_samples >= 8000 * seconds)

    def wait_idle(self) -> RecorderStatus:
        """Until the last call is accounted for: its checkpoint is written."""
        self.wait(lambda status: status.state == "on_hook" and not status.off_hook)
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            entries = self.entries()
            if (
                not verify_chain([entry.raw for entry in entries]).unaccounted
                and entries[-1].kind == "checkpoint"
            ):
                return self.wait(lambda status: True)
            time.sleep(0.02)
        raise AssertionError(f"never accounted for: {self.kinds()}\n{self.log.read_text()}")

    def status(self) -> RecorderStatus | None:
        return read_status(self.layout.run, RecorderStatus)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT_S)

    def close(self) -> None:
        """In order if it can: a process that ends so also tells what the tests covered."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()

    def entries(self, *kinds: str) -> list[Entry]:
        with LedgerReader(self.layout.ledger) as reader:
            return [Entry.parse(raw) for raw in reader.since(1, *kinds)]

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries()]

    def chain(self) -> ChainReport:
        return verify_chain([entry.raw for entry in self.entries()], self.desk_key.public)

    def open(self, seq: int):
        """(header, frames, complete) of a recording in `waiting/`."""
        data = (self.layout.waiting / f"{seq:012d}.ohr").read_bytes()
        opened = open_recording(data, self.archive)
        frames = list(opened.frames())
        return opened.header, frames, opened.complete

    def written(self) -> str:
        """All that anybody can read without a key: logs, status, ledger."""
        parts = [self.log.read_text(), *(entry.raw.decode() for entry in self.entries())]
        parts += [path.read_text(errors="replace") for path in self.layout.run.iterdir()]
        return "\n".join(parts)

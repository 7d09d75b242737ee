"""A real vault, started as people start it: `offhook vault init`, its Mosquitto, `offhook vault run`."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from misbehaving_vault import free_port, wait_listening

OFFHOOK = [sys.executable, "-P", "-m", "firmware.cli.main"]


def offhook(*arguments: str | Path, code: int = 0) -> str:
    done = subprocess.run([*OFFHOOK, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


class RealVault:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.port, mqtt, service, console = (free_port() for _ in range(4))
        ports = {"--https-port": self.port, "--mqtt-port": mqtt, "--mqtt-service-port": service}
        options = [str(part) for pair in (ports | {"--console-port": console}).items() for part in pair]
        offhook("vault", "init", folder, "--name", name, "--host", "127.0.0.1", *options)
        self.config = folder / "vault.toml"
        self.url = f"https://127.0.0.1:{self.port}"
        self._service = service
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.start()

    def start(self) -> None:
        if "broker" not in self._processes:
            conf = self.folder / "broker" / "mosquitto.conf"
            self._spawn("broker", ["/usr/sbin/mosquitto", "-c", str(conf)])
            wait_listening(self._service)
        if "vault" not in self._processes:
            self._spawn("vault", [*OFFHOOK, "vault", "run", "--config", str(self.config)])
            wait_listening(self.port)

    def _spawn(self, which: str, command: list[str]) -> None:
        with open(self.folder / f"{which}.log", "ab") as log:
            self._processes[which] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, which: str, how: int = signal.SIGKILL) -> None:
        process = self._processes.pop(which)
        os.kill(process.pid, how)
        process.wait(20)

    def code(self, desk: str) -> str:
        out = offhook("vault", "enrol-code", "--desk", desk, "--json", "--config", self.config)
        found = re.search(r"[A-Z2-7]{6}(?:-[A-Z2-7]{6}){6}", out)
        assert found, out
        return found[0]

    def objects(self, desk: str) -> dict[int, bytes]:
        """Sequence number to bytes of what it stored."""
        folder = self.folder / "objects" / desk
        return {int(path.stem): path.read_bytes() for path in folder.glob("*.ohr")} if folder.exists() else {}

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        db = sqlite3.connect(f"file:{self.folder / 'catalogue.sqlite3'}?mode=ro", uri=True)
        try:
            return db.execute(query, values).fetchall()
        finally:
            db.close()

    def close(self) -> None:
        for which in list(self._processes):
            self.kill(which, signal.SIGTERM)


class AgentProcess:
    """`offhook agent`, as systemd runs it."""

    def __init__(self, config: Path) -> None:
        self._log = open(config.with_suffix(".log"), "ab")  # noqa: SIM115  # closed with the process
        command = [*OFFHOOK, "agent", "--config", str(config)]
        self.process = subprocess.Popen(command, stderr=self._log, stdout=self._log)

    def stop(self, how: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        code = self.process.wait(20)
        self._log.close()
        return code


def desk_settings(folder: Path) -> Path:
    """What an installer leaves before enrolment, with a comment that must survive it."""
    folder.mkdir(parents=True)
    config = folder / "desk.toml"
    config.write_text(
        f'# this desk stands by the window\nstate_dir = "{folder / "state"}"\n\n[desk]\nname = "Window"\n\n'
        '[board]\ndriver = "generic"\nwatchdog = ""\n'
    )
    (folder / "state").mkdir()
    return config

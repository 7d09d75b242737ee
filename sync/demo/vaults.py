"""A vault of the demonstration: made, its broker and itself running, a desk enrolled at it."""

import json
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.demo.command import offhook, run, run_json
from sync.demo.process import Process, ProcessError
from sync.demo.until import until

BROKER = "mosquitto"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    https: int
    mqtt: int
    service: int
    console: int


class DemoVault:
    """One vault with its own Mosquitto. `folder` becomes its state folder."""

    def __init__(self, name: str, folder: Path, ports: Ports, *, archive_key: Path, logs: Path) -> None:
        self.name = name
        self.folder = folder
        self.ports = ports
        self.password = ""
        self._archive_key = archive_key
        config = folder / "broker" / "mosquitto.conf"
        self.broker = Process(
            f"broker-{name}", [broker_program(), "-c", str(config)], log=logs / f"broker-{name}.log"
        )
        self.server = Process(
            f"vault-{name}",
            offhook("vault", "run", "--config", str(self.config)),
            log=logs / f"vault-{name}.log",
        )

    @property
    def config(self) -> Path:
        return self.folder / "vault.toml"

    @property
    def console(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.console}/"

    @property
    def https(self) -> str:
        return f"https://{LOOPBACK}:{self.ports.https}"

    def make(self) -> None:
        made = run_json(
            "vault", "init", str(self.folder), "--name", self.name, "--host", LOOPBACK,
            "--https-port", str(self.ports.https), "--mqtt-port", str(self.ports.mqtt),
            "--mqtt-service-port", str(self.ports.service), "--console-port", str(self.ports.console),
            "--archive-key", str(self._archive_key),
        )  # fmt: skip
        self.password = str(made["admin_password"])

    def start(self) -> None:
        self.broker.start()
        self.server.start()
        until(self._answers, f"vault {self.name} answers at {self.console} (see {self.server.log})")

    def stop(self) -> None:
        self.server.stop()
        self.broker.stop()

    def enrol(self, desk: str, desk_config: Path) -> None:
        code = run_json("vault", "enrol-code", "--config", str(self.config), "--desk", desk)["code"]
        run("enrol", self.https, str(code), "--config", str(desk_config))

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            run("vault", "calls", "--config", str(self.config), "--json")
        )["calls"]
        return found

    def _answers(self) -> bool:
        try:
            self.server.pid  # noqa: B018 - ProcessError when it ended: then another program may answer
            for port in (self.ports.https, self.ports.console):
                socket.create_connection((LOOPBACK, port), timeout=2).close()
        except (OSError, ProcessError):
            return False
        return True


def broker_program() -> str:
    """Debian installs it outside an ordinary user's PATH."""
    found = shutil.which(BROKER) or shutil.which(BROKER, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ProcessError("Mosquitto is not installed: apt-get install mosquitto")
    return found

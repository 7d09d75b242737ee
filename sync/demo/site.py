"""Everything of a demonstration, real but for the telephone line: one virtual desk, two vaults, two brokers.

folder/keys/archive.pem          the key that opens the recordings
folder/line/                     the virtual line: its devices, and the truth of what was on it
folder/desk/ + desk.toml         the desk
folder/vault-a/ folder/vault-b/  the vaults
folder/logs/                     what each process said
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from drivers.virtual.client import VirtualDesk
from drivers.virtual.options import Options
from sync.demo.command import run
from sync.demo.desk import DemoDesk
from sync.demo.ports import free_or_other, free_ports
from sync.demo.process import Process
from sync.demo.vaults import DemoVault, Ports

DESK = "demo-d001"


class Site:
    """Enter the context to build and start all; leaving it stops all, in order."""

    def __init__(
        self,
        folder: Path,
        *,
        line: Options | None = None,
        settings: dict[str, dict[str, Any]] | None = None,
        console_ports: tuple[int, int] = (0, 0),
    ) -> None:
        self.folder = folder.absolute()
        self._settings = settings
        self._stack = ExitStack()
        logs = self.folder / "logs"
        for each in (self.folder / "keys", logs):
            each.mkdir(parents=True, exist_ok=True)
        self.archive_key = self.folder / "keys" / "archive.pem"
        self.line = VirtualDesk(self.folder / "line", line or Options(interface="whozz_calling"))
        self.desk = DemoDesk(self.folder / "desk", self.line, logs=logs)
        self.vaults = [
            DemoVault(
                name, self.folder / f"vault-{name}", _ports(console), archive_key=self.archive_key, logs=logs
            )
            for name, console in zip("ab", console_ports, strict=True)
        ]

    @property
    def processes(self) -> dict[str, Process]:
        """By name: recorder, agent, panel, vault-a, broker-a, vault-b, broker-b."""
        found = dict(self.desk.parts)
        for vault in self.vaults:
            found |= {vault.server.name: vault.server, vault.broker.name: vault.broker}
        return found

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        run("keys", "new", "archive", "-o", str(self.archive_key))
        for vault in self.vaults:
            vault.make()
            self._stack.callback(vault.stop)
            vault.start()
        self._stack.enter_context(self.line)
        self.desk.make(self._settings)
        for vault in self.vaults:
            vault.enrol(DESK, self.desk.config)
        self._stack.callback(self.desk.stop)
        self.desk.start()
        self.line.wait_lamp("green", timeout_s=30.0)


def _ports(console: int) -> Ports:
    https, mqtt, service = free_ports(3)
    return Ports(https, mqtt, service, free_or_other(console))

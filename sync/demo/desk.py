"""The desk of the demonstration: settings for the virtual line, enrolment, and its three processes."""

import json
import os
from pathlib import Path
from typing import Any

from drivers.virtual.client import VirtualDesk
from sync.demo.command import offhook
from sync.demo.process import Process
from sync.demo.until import until

PARTS = ("recorder", "agent", "panel")


class DemoDesk:
    """`folder` becomes the desk's state folder; the settings stand beside it in desk.toml."""

    def __init__(self, folder: Path, line: VirtualDesk, *, logs: Path) -> None:
        self.folder = folder
        self.config = folder.parent / "desk.toml"
        self._line = line
        self._logs = logs
        self.parts: dict[str, Process] = {}

    def make(self, extra: dict[str, dict[str, Any]] | None = None) -> None:
        """Write the settings. `extra`: tables that go over those of the virtual line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tables: dict[str, dict[str, Any]] = dict(self._line.settings())
        for name, table in (extra or {}).items():
            tables[name] = {**tables.get(name, {}), **table}
        text = f"state_dir = {json.dumps(str(self.folder))}\n" + "".join(map(_table, tables.items()))
        self.config.write_text(text, encoding="utf-8")

    def start(self) -> None:
        env = {**os.environ, **self._line.environment()}
        for name in PARTS:
            command = offhook(name, "--config", str(self.config))
            self.parts[name] = Process(name, command, log=self._logs / f"{name}.log", env=env)
            self.parts[name].start()

    def stop(self) -> None:
        for name in ("panel", "recorder", "agent"):  # so that the last checkpoint covers all, and is sent
            if name in self.parts:
                self.parts[name].stop()

    def status(self, part: str) -> dict[str, Any]:
        """run/<part>.json, or nothing while it is not there."""
        try:
            value: dict[str, Any] = json.loads((self.folder / "run" / f"{part}.json").read_bytes())
        except FileNotFoundError:
            return {}
        return value

    def wait_on_hook(self) -> None:
        """Wait until the recorder has ended the last call."""

        def ended() -> bool:
            status = self.status("recorder")
            return bool(status) and not status.get("off_hook")

        until(ended, f"the recorder ends the call (see {self._logs}/recorder.log)")

    def wait_delivered(self) -> None:
        """Wait until no recording waits for a receipt."""
        spool = self.folder / "spool"

        def nothing_waits() -> bool:
            return not any([*(spool / name).glob("*.ohr")] for name in ("recording", "waiting"))

        until(nothing_waits, f"every recording has its receipts (see {self._logs}/agent.log)")


def _table(item: tuple[str, dict[str, Any]]) -> str:
    name, values = item
    lines = (
        f"{key} = {json.dumps(value)}\n" for key, value in values.items()
    )  # JSON scalars are TOML scalars
    return f"\n[{name}]\n" + "".join(lines)

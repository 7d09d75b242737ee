"""One replica as the owner thread sees it: connection, ledger sender, uploader, and how each is doing."""

import threading
from dataclasses import dataclass, field

from firmware.status import ReplicaStatus
from sync.agent.mqtt import MqttLink
from sync.agent.sender import LedgerSender
from sync.agent.shelf import Item
from sync.agent.uploader import Progress, Uploader

# What can be wrong with a replica, in the order in which it is shown.
PLACES = ("mqtt", "upload", "ledger", "receipt", "command")


@dataclass(slots=True)
class Replica:
    """Owner thread only; link and uploader have threads of their own."""

    name: str
    link: MqttLink
    sender: LedgerSender
    uploader: Uploader
    session: str = ""
    connected: bool = False
    https: bool = False
    ok_mono_ns: int = 0
    thread: threading.Thread | None = None
    late: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    def trouble(self, place: str, sentence: str) -> bool:
        """Note what is wrong at `place` (empty: nothing any more). True when that is news."""
        before = self.errors.get(place, "")
        if sentence:
            self.errors[place] = sentence
        else:
            self.errors.pop(place, None)
        return before != sentence

    def progress(self, said: Progress, mono_ns: int) -> None:
        self.https = said.reached
        self.trouble("upload", said.error)
        if said.reached:
            self.ok_mono_ns = mono_ns

    def tick(self, mono_ns: int) -> None:
        """Once a second: what is late is sent again; a connection that holds counts as an answer."""
        if self.sender.tick():
            self.late = True
            self.trouble(
                "ledger", f"{self.name} does not acknowledge the ledger: its broker is up, it may be down"
            )
        if self.connected and not self.late and "upload" not in self.errors:
            self.ok_mono_ns = mono_ns

    def acknowledged(self, mono_ns: int) -> None:
        self.late, self.ok_mono_ns = False, mono_ns
        self.trouble("ledger", "")

    def status(self, lacking: list[Item], *, head: int, wall_s: float) -> ReplicaStatus:
        waits = [wall_s - item.since for item in lacking if item.final]
        return ReplicaStatus(
            mqtt=self.connected,
            https=self.https,
            last_ok_mono_ns=self.ok_mono_ns,
            backlog=max(0, head - self.sender.acked) + len(lacking),
            oldest_wait_s=max(0, int(max(waits, default=0))),
            acked_seq=self.sender.acked,
            error="; ".join(self.errors[place] for place in PLACES if place in self.errors),
        )

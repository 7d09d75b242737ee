"""inotify on the state folder, by watchdog: tells what was touched, at once, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watchdog.events import FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileSystemEvent
from watchdog.observers import Observer

from firmware.spool.layout import Layout
from firmware.status import PanelStatus, RecorderStatus

CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Touched:
    """what: "recorder", "panel" (their run files), "ledger" or "waiting" (a recording finished)."""

    what: str


class Watch:
    """One recursive watch: a rename between two of our folders is then one event, told without delay.

    (Two watches would each see half of it, and watchdog holds such a half back for half a second.)
    """

    def __init__(self, layout: Layout, emit: Callable[[Touched], None]) -> None:
        self._layout, self._emit = layout, emit
        self._kinds = {
            str(layout.run / RecorderStatus.file_name): "recorder",
            str(layout.run / PanelStatus.file_name): "panel",
            str(layout.ledger): "ledger",
            f"{layout.ledger}-wal": "ledger",
        }
        self._observer = Observer()

    def start(self) -> None:
        self._observer.schedule(
            self,  # type: ignore[arg-type]  # watchdog calls `dispatch` and nothing else
            str(self._layout.state_dir),
            recursive=True,
            event_filter=[FileCreatedEvent, FileModifiedEvent, FileMovedEvent],
        )
        self._observer.daemon = True
        self._observer.start()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Called by watchdog's thread."""
        path = str(event.dest_path or event.src_path)
        what = self._kinds.get(path)
        if what is None and Path(path).parent == self._layout.waiting and path.endswith(".ohr"):
            what = "waiting"
        if what is not None:
            self._emit(Touched(what))

    def is_alive(self) -> bool:
        return self._observer.is_alive()

    def close(self) -> None:
        self._observer.stop()
        self._observer.join(CLOSE_S)

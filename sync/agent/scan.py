"""From the spool's folders and recorder.json to the shelf. Owner thread only."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from firmware.spool.layout import Layout, recording_path, recordings_in
from firmware.status import RecorderStatus
from sync.agent.shelf import Item, Shelf


class Scan:
    """`replicas`: names of those that must have everything, also of a vault that was enrolled later."""

    def __init__(
        self, layout: Layout, shelf: Shelf, *, replicas: Iterable[str], boot: str, wall_s: Callable[[], float]
    ) -> None:
        self._layout, self._shelf, self._boot, self._wall_s = layout, shelf, boot, wall_s
        self._replicas = frozenset(replicas)

    def all(self) -> None:
        """Every folder once: names only, and sizes of those that are new here."""
        receipts = self._receipts()
        growing = [item for item in self._shelf.items() if not item.final]
        finished = [
            *self._finished(self._layout.waiting, receipts),
            *(
                item
                for item in self._finished(self._layout.delivered, receipts)
                if self._replicas - item.receipts
            ),
        ]
        ended = {item.seq for item in finished}
        still = [item for item in growing if item.seq not in ended and item.path.exists()]
        self._shelf.replace_all([*finished, *still])

    def waiting(self) -> None:
        """A recording finished: put what is new in `waiting/` on the shelf."""
        for seq in recordings_in(self._layout.waiting):
            known = self._shelf.get(seq)
            if known is None or not known.final:
                held = known.receipts if known is not None else frozenset[str]()
                item = self._item(recording_path(self._layout.waiting, seq), seq, held)
                if item is not None:
                    self._shelf.put(item)

    def growing(self, status: RecorderStatus) -> None:
        """The running recording: its durable bytes may leave the desk."""
        recording = status.recording
        if recording is None or status.boot != self._boot or recording.durable_bytes <= 0:
            return
        known = self._shelf.get(recording.seq)
        if known is not None and (known.final or known.size >= recording.durable_bytes):
            return
        path = recording_path(self._layout.recording, recording.seq)
        self._shelf.put(Item(recording.seq, path, recording.durable_bytes, final=False, since=self._wall_s()))

    def _receipts(self) -> dict[int, frozenset[str]]:
        found: dict[int, set[str]] = defaultdict(set)
        for name in os.listdir(self._layout.receipts):
            seq, _, rest = name.partition(".")
            vault, _, suffix = rest.rpartition(".")
            if suffix == "jws" and seq.isdecimal() and vault:
                found[int(seq)].add(vault)
        return {seq: frozenset(vaults) for seq, vaults in found.items()}

    def _finished(self, folder: Path, receipts: dict[int, frozenset[str]]) -> Iterable[Item]:
        for seq in recordings_in(folder):
            path = recording_path(folder, seq)
            held = receipts.get(seq, frozenset())
            known = self._shelf.get(seq)
            if known is not None and known.final and known.path == path and known.receipts == held:
                yield known
            elif (item := self._item(path, seq, held)) is not None:
                yield item

    @staticmethod
    def _item(path: Path, seq: int, receipts: frozenset[str]) -> Item | None:
        try:
            found = os.stat(path)
        except FileNotFoundError:  # moved on since it was listed; the next scan finds it
            return None
        return Item(seq, path, found.st_size, final=True, since=found.st_mtime, receipts=receipts)

"""Where finished recordings lie. The contract; `filesystem.py` is the store for a directory."""

from pathlib import Path
from typing import BinaryIO, Protocol

from firmware.evidence.ids import CallId


class ObjectStore(Protocol):
    """Write-once. Methods block: call them off the event loop. Each raises ObjectError with a sentence."""

    def adopt(self, part: Path, call: CallId) -> None:
        """Keep the durable file `part` under the call's final name; on return that name survives a power cut.

        Never overwrites: bytes that are there already must be the same (then nothing happens), else
        ObjectError. `part` itself stays; who wrote it removes it once the catalogue knows the object.
        """

    def open(self, call: CallId) -> BinaryIO:
        """The object for reading, from its start, seekable."""

    def size(self, call: CallId) -> int | None:
        """Bytes of the object; None when there is none."""

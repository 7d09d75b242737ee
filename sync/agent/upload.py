"""One recording on its way to one vault: tus by PROTOCOL.md, section 4, one request a step.

`step` is called while there is something to do; it raises NoAnswerError (try again later) or
UploadRefusedError (set aside), and knows nothing of waiting.
"""

import enum
import os
from collections.abc import Callable
from dataclasses import dataclass

from sync.agent.credentials import Credentials
from sync.agent.errors import NoAnswerError, UploadRefusedError
from sync.agent.https import Answer, VaultHttps
from sync.agent.shelf import Item
from sync.wire import tus
from sync.wire.errors import WireError

DAMAGED_TRIES = 3  # a checksum that fails so often is not the network's fault


class Step(enum.Enum):
    """What a step came to."""

    MOVED = "moved"  # bytes got there; do the next
    ASKED = "asked"  # we know where to go on; that much a vault can answer that fails at everything else
    IDLE = "idle"  # all that may be sent is there; wait for the recording to grow, or for the receipt
    LOCKED = "locked"  # another PATCH holds the upload: again in a second


@dataclass(frozen=True, slots=True)
class Vault:
    """What an upload needs of its replica. `on_receipt` gets what came in the receipt header."""

    name: str
    https: VaultHttps
    credentials: Credentials
    on_receipt: Callable[[str], None]

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        """One answer; a 401 is tried once more with a new token; 5xx is NoAnswerError."""
        for last in (False, True):
            full = {"Authorization": self.credentials.header(), tus.RESUMABLE: tus.VERSION, **headers}
            answer = self.https.send(method, path, full, body)
            if answer.status != 401:
                break
            self.credentials.refused(answer.headers.get("Date"))
            if last:
                raise NoAnswerError(
                    f"{self.name} refuses this desk's identity (401): is it enrolled, are both clocks right?"
                )
        if answer.status >= 500 or answer.status in (408, 429):
            raise NoAnswerError(
                f"{self.name} answers {answer.status} to {method}: it is in trouble, see its log"
            )
        if receipt := answer.headers.get(tus.RECEIPT):
            self.on_receipt(receipt)
        return answer


class Upload:
    """State of one upload. Used by one thread; `close` when done with it."""

    def __init__(self, call: str, seq: int, vault: Vault) -> None:
        self.seq = seq
        self._call, self._vault = call, vault
        self._path: str | None = None
        self._offset: int | None = None
        self._length_told = False
        self._damaged = 0
        self._file: int | None = None

    @property
    def complete(self) -> bool:
        """The vault has every byte and knows that."""
        return self._length_told

    def step(self, item: Item) -> Step:
        """One request towards having `item` in the vault."""
        if self._path is None:
            return self._create(item)
        if self._offset is None:
            return self._ask(item)
        if self._offset > item.size and item.final:
            raise UploadRefusedError(
                f"{self._vault.name} holds {self._offset} bytes of {self._call}, this desk only {item.size}: "
                "the file got shorter here, in a power cut? Nothing is overwritten: compare both copies"
            )
        if self._offset < item.size or (item.final and not self._length_told):
            return self._patch(item)
        return Step.IDLE

    def ask_again(self) -> None:
        """Whatever we believed of the vault's offset is to be asked anew."""
        self._offset, self._length_told = None, False

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _create(self, item: Item) -> Step:
        length = {tus.LENGTH: str(item.size)} if item.final else {tus.DEFER_LENGTH: "1"}
        headers = {tus.METADATA: tus.metadata({"call": self._call}), **length}
        answer = self._vault.send("POST", self._vault.https.path(tus.UPLOADS_PATH), headers)
        location = answer.headers.get("Location")
        if answer.status not in (200, 201) or not location:
            raise self._unexpected("POST", answer)
        self._path = self._vault.https.path_of(location)
        if tus.OFFSET in answer.headers:
            self._take(answer, item)
        return Step.ASKED

    def _ask(self, item: Item) -> Step:
        answer = self._vault.send("HEAD", self._known_path(), {})
        if answer.status in tus.GONE:
            self._path = None
            return Step.ASKED
        if answer.status == tus.LOCKED:
            return Step.LOCKED
        if answer.status not in (200, 204):
            raise self._unexpected("HEAD", answer)
        self._take(answer, item)
        return Step.ASKED

    def _take(self, answer: Answer, item: Item) -> None:
        """Offset, and the length where the vault knows it, from the answer to POST or HEAD."""
        self._offset = self._number(tus.OFFSET, answer)
        if tus.LENGTH not in answer.headers:
            return
        length = self._number(tus.LENGTH, answer)
        if item.final and length != item.size:
            raise UploadRefusedError(
                f"{self._vault.name} was told that {self._call} has {length} bytes, it has {item.size} here. "
                "Nothing is overwritten: compare both copies"
            )
        self._length_told = self._offset == length

    def _patch(self, item: Item) -> Step:
        at = self._offset
        assert at is not None  # noqa: S101  # step asks first
        body = self._read(item, at)
        ends = item.final and at + len(body) == item.size
        headers = {
            "Content-Type": tus.CONTENT_TYPE,
            tus.OFFSET: str(at),
            tus.CHECKSUM: tus.checksum(body),
            **({tus.LENGTH: str(item.size)} if ends else {}),
        }
        answer = self._vault.send("PATCH", self._known_path(), headers, body)
        if answer.status == 204:
            return self._moved(at + len(body), ends, answer)
        return self._not_moved(answer)

    def _moved(self, expected: int, ends: bool, answer: Answer) -> Step:
        if self._number(tus.OFFSET, answer) != expected:
            self.ask_again()
            raise NoAnswerError(f"{self._vault.name} answers a PATCH with an offset that cannot be")
        self._offset, self._length_told, self._damaged = expected, ends, 0
        return Step.MOVED

    def _not_moved(self, answer: Answer) -> Step:
        sent_from = self._offset
        self.ask_again()
        if answer.status in tus.GONE:
            self._path = None
            return Step.ASKED
        if answer.status == tus.LOCKED:
            return Step.LOCKED
        if answer.status == tus.WRONG_OFFSET:
            return self._resume(sent_from)
        if answer.status == tus.CHECKSUM_MISMATCH:
            self._damaged += 1
            if self._damaged < DAMAGED_TRIES:
                return Step.ASKED
            self._damaged = 0
            raise NoAnswerError(
                f"{self._vault.name} finds the bytes damaged on the way, {DAMAGED_TRIES} times in a row"
            )
        raise self._unexpected("PATCH", answer)

    def _resume(self, sent_from: int | None) -> Step:
        """After 409: the vault's own offset counts; that it equals the refused one cannot be."""
        answer = self._vault.send("HEAD", self._known_path(), {})
        if answer.status in (200, 204) and self._number(tus.OFFSET, answer) == sent_from:
            raise NoAnswerError(
                f"{self._vault.name} refuses offset {sent_from} (409) and names the same one; trying on"
            )
        return Step.ASKED

    def _unexpected(self, method: str, answer: Answer) -> NoAnswerError | UploadRefusedError:
        self.ask_again()
        sentence = f"{self._vault.name} answers {answer.status} to {method} of {self._call}"
        if 400 <= answer.status < 500:
            return UploadRefusedError(f"{sentence}; set aside, tried again in an hour")
        return NoAnswerError(f"{sentence}, which tus 1.0 does not know")

    def _number(self, name: str, answer: Answer) -> int:
        try:
            return tus.number(name, answer.headers.get(name))
        except WireError as error:
            self.ask_again()
            raise NoAnswerError(f"{self._vault.name} gives half an answer: {error}") from error

    def _known_path(self) -> str:
        assert self._path is not None  # noqa: S101  # step creates first
        return self._path

    def _read(self, item: Item, at: int) -> bytes:
        """Durable bytes from `at` on, at most one PATCH. The open file stays the same when it is renamed."""
        if self._file is None:
            self._file = os.open(item.path, os.O_RDONLY)
        wanted = min(tus.DESK_PATCH_BYTES, item.size - at)
        body = os.pread(self._file, wanted, at)
        if len(body) < wanted:
            raise UploadRefusedError(
                f"{item.path}: has fewer bytes than it had; nothing more of {self._call} is sent"
            )
        return body

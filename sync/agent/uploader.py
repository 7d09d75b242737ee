"""The uploader of one replica: a thread that follows the shelf. One that is down holds up nobody else."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sync.agent import order
from sync.agent.backoff import Backoff
from sync.agent.errors import NoAnswerError, UploadRefusedError
from sync.agent.shelf import Item, Shelf
from sync.agent.upload import Step, Upload, Vault
from sync.wire import tus

ASIDE_S = 3600.0  # a refused recording is tried again after this
LOCKED_S = 1.0
PROBE_S = 300.0  # nothing to send for so long: ask whether the vault is there, before a call needs it
RECEIPT_FIRST_S, RECEIPT_MOST_S = 5.0, 600.0  # complete, but no receipt: asked for again after this, doubling
AT_ONCE_S = 0.05
OPEN_UPLOADS = 4  # files kept open: the running call and what it interrupted


@dataclass(frozen=True, slots=True)
class Progress:
    """What the owner is told after each change. error: empty when all is well; ok_at: monotonic ns."""

    replica: str
    reached: bool
    error: str
    aside: int


@dataclass(slots=True)
class _Rest:
    """A recording that needs nothing before `until` (monotonic s)."""

    until: float
    item: Item  # … unless it has changed since
    wait_s: float = 0.0
    reason: str = ""


class Uploader:
    """`run` is the thread's body; it returns when the shelf closes."""

    def __init__(
        self,
        *,
        vault: Vault,
        shelf: Shelf,
        call_of: Callable[[int], str],
        report: Callable[[Progress], None],
        mono_s: Callable[[], float],
        wall_s: Callable[[], float],
        backoff: Backoff | None = None,
    ) -> None:
        self._vault, self._shelf, self._call_of, self._report = vault, shelf, call_of, report
        self._mono_s, self._wall_s = mono_s, wall_s
        self._backoff = backoff or Backoff()
        self._uploads: dict[int, Upload] = {}
        self._resting: dict[int, _Rest] = {}
        self._probe_at = self._mono_s()
        self._last: Progress | None = None

    def start(self, on_end: Callable[[BaseException | None], None]) -> threading.Thread:
        """The running thread; `on_end` hears how it ended (None: the shelf closed)."""

        def body() -> None:
            try:
                self.run()
            except BaseException as error:
                on_end(error)
            else:
                on_end(None)

        thread = threading.Thread(target=body, name=f"upload-{self._vault.name}", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        while not self._shelf.closed:
            version = self._shelf.version
            lacking = self._shelf.lacking(self._vault.name)
            self._forget_done({item.seq for item in lacking})
            item = order.first((item for item in lacking if self._is_due(item)), self._wall_s())
            if item is not None:
                self._work(item)
            elif self._mono_s() >= self._probe_at:
                self._attempt(None, self._probe)
            else:
                self._shelf.wait(version, self._until_due())
        for upload in self._uploads.values():
            upload.close()
        self._vault.https.close()

    def _work(self, item: Item) -> None:
        upload = self._upload(item.seq)
        try:
            self._attempt(upload, lambda: self._advance(upload, item))
        except UploadRefusedError as error:
            self._rest(item, ASIDE_S, reason=str(error))
            self._well()

    def _attempt(self, upload: Upload | None, action: Callable[[], Step]) -> None:
        """Do it; without a proper answer say so and wait. UploadRefusedError goes through."""
        try:
            step = action()
        except NoAnswerError as error:
            if upload is not None:
                upload.ask_again()
            first = self._backoff.failures == 0
            wait_s = self._backoff.next_s()
            self._tell(reached=False, error=str(error))
            # A kept-alive connection that the vault closed meanwhile is no outage: no wait the first time.
            self._shelf.wait_closed(AT_ONCE_S if first else wait_s)
            return
        if (
            step is not Step.ASKED
        ):  # or a vault that fails every PATCH and answers every HEAD were asked in a loop
            self._well()

    def _well(self) -> None:
        self._backoff.reset()
        self._probe_at = self._mono_s() + PROBE_S
        self._tell(reached=True, error="")

    def _probe(self) -> Step:
        self._vault.send("OPTIONS", self._vault.https.path(tus.UPLOADS_PATH), {})
        return Step.IDLE

    def _advance(self, upload: Upload, item: Item) -> Step:
        step = self._step(upload, item)
        if step is Step.LOCKED:
            self._rest(item, LOCKED_S)
        elif step is Step.IDLE and upload.complete:
            self._await_receipt(item, upload)
        elif step is Step.IDLE:
            self._rest(item, float("inf"))
        if upload.complete:
            upload.close()
        return step

    @staticmethod
    def _step(upload: Upload, item: Item) -> Step:
        try:
            return upload.step(item)
        except FileNotFoundError:  # it is being moved at this moment; the shelf is about to say whereto
            return Step.LOCKED
        except OSError as error:
            raise UploadRefusedError(
                f"{item.path}: cannot be read: {os.strerror(error.errno or 0)}"
            ) from error

    def _await_receipt(self, item: Item, upload: Upload) -> None:
        """Every byte is there, the receipt is not: ask for it by HEAD, ever more rarely."""
        before = self._resting.get(item.seq)
        waited = before.wait_s if before is not None and before.wait_s else 0.0
        wait_s = min(RECEIPT_MOST_S, waited * 2) if waited else RECEIPT_FIRST_S
        self._rest(item, wait_s, wait_s=wait_s)
        upload.ask_again()

    def _rest(self, item: Item, seconds: float, *, wait_s: float = 0.0, reason: str = "") -> None:
        until = self._mono_s() + seconds
        self._resting[item.seq] = _Rest(until, item, wait_s, reason)

    def _is_due(self, item: Item) -> bool:
        rest = self._resting.get(item.seq)
        if rest is None or self._mono_s() >= rest.until:
            return True
        return not rest.reason and item != rest.item

    def _until_due(self) -> float:
        untils = [rest.until for rest in self._resting.values() if rest.until != float("inf")]
        return max(0.0, min([*untils, self._probe_at]) - self._mono_s())

    def _upload(self, seq: int) -> Upload:
        if seq not in self._uploads:
            while len(self._uploads) >= OPEN_UPLOADS:
                oldest = next(iter(self._uploads))
                self._uploads.pop(oldest).close()
            self._uploads[seq] = Upload(self._call_of(seq), seq, self._vault)
        return self._uploads[seq]

    def _forget_done(self, lacking: set[int]) -> None:
        for seq in self._uploads.keys() - lacking:
            self._uploads.pop(seq).close()
        for seq in self._resting.keys() - lacking:
            del self._resting[seq]

    def _tell(self, *, reached: bool, error: str) -> None:
        refused = [rest.reason for rest in self._resting.values() if rest.reason]
        said = Progress(self._vault.name, reached, error or (refused[-1] if refused else ""), len(refused))
        if said != self._last or reached:
            self._last = said
            self._report(said)

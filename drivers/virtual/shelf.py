"""Speech files read in a thread of their own, so that a long one does not hold the line up."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from drivers.virtual.errors import VirtualDeskError
from drivers.virtual.loop import Loop
from drivers.virtual.signals.speech import load_speech
from drivers.virtual.signals.voices import Sound

Loaded = Sound | VirtualDeskError
KEEP_SAMPLES = 8000 * 3600 * 2
"""Two hours of speech stay in memory (230 MB); the oldest leave first."""


class Shelf:
    """Files by path, as they were when first asked for."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._sounds: dict[str, Sound] = {}
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="speech")
        self._done: list[tuple[str, Loaded, Callable[[Loaded], None]]] = []
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        loop.watch(self._bell, self._deliver)

    def ask(self, file: str, give: Callable[[Loaded], None]) -> None:
        """`give` is called in the loop's thread: at once when the file is on the shelf."""
        ready = self._sounds.get(file)
        if ready is not None:
            give(ready)
            return
        future = self._reader.submit(load_speech, file)
        future.add_done_callback(lambda done: self._ring(file, done, give))

    def close(self) -> None:
        self._reader.shutdown(cancel_futures=True)
        self._loop.unwatch(self._bell)
        os.close(self._bell)

    def _ring(self, file: str, done: Future[Sound], give: Callable[[Loaded], None]) -> None:
        """In the reader's thread."""
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            outcome: Loaded = done.result()
        elif isinstance(error, VirtualDeskError):
            outcome = error
        else:
            outcome = VirtualDeskError(f"{file}: {error!r}")
        self._done.append((file, outcome, give))
        os.eventfd_write(self._bell, 1)

    def _deliver(self) -> None:
        os.eventfd_read(self._bell)
        while self._done:
            file, outcome, give = self._done.pop(0)
            if not isinstance(outcome, VirtualDeskError):
                self._keep(file, outcome)
            give(outcome)

    def _keep(self, file: str, sound: Sound) -> None:
        self._sounds[file] = sound
        while sum(map(len, self._sounds.values())) > KEEP_SAMPLES and len(self._sounds) > 1:
            del self._sounds[next(iter(self._sounds))]

"""The one queue of the recorder: everything that happens reaches its owner thread through here."""

import queue
from dataclasses import dataclass

from drivers.hook import HookEvent
from drivers.line import LineEvent
from firmware.capture.progress import Finished, Progress


@dataclass(frozen=True, slots=True)
class Durable:
    """A running recording has grown on the disk."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Ended:
    """A recording is over."""

    finished: Finished


@dataclass(frozen=True, slots=True)
class Stop:
    """End in order: open recordings first."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A worker thread ended; the process must not outlive it."""

    thread: str
    error: BaseException


Message = HookEvent | LineEvent | Durable | Ended | Stop | Failed

# No bound on the number of messages: hook and line tell a few a second at most (their drivers debounce),
# capture one a second and recording, and a put that blocks would stop a driver. Audio, which is large, does
# not come this way.
Inbox = queue.SimpleQueue[Message]

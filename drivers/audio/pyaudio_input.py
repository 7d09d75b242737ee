"""A sound card through PyAudio, heard by an ear (see ear.py), watched and restarted from here.

Killed and started again when no block came for `missing_s`; looked for again each second, for ever. Before
its first block an ear has OPEN_S: Python's start on a small board and a sleeping card take longer than a
block.
"""

import os
import threading
import time
from collections.abc import Callable

from drivers.audio import SAMPLE_RATE_HZ, AudioEvent
from drivers.audio.child import Ear, Message
from drivers.audio.convert import open_converter
from drivers.audio.ear import OVERFLOWED
from drivers.audio.intake import Intake
from drivers.audio.timeline import RawBlock
from drivers.audio.usb import resolve
from drivers.errors import DriverError

OPEN_S = 5.0
AGAIN_S = 1.0


class PyAudioInput:
    """AudioSource on one card. `device`: a name, a unique part of it, or `usb:<port>[#<serial>]`."""

    def __init__(
        self,
        *,
        device: str,
        rate_hz: int,
        channels: int,
        keep_stereo: bool = False,
        block_ms: int = 100,
        missing_s: float = 1.0,
    ) -> None:
        self.channels = 2 if keep_stereo and channels == 2 else 1
        self.rate_hz = SAMPLE_RATE_HZ
        self._device = device
        self._device_rate_hz = rate_hz
        self._device_channels = channels
        self._block_ms = block_ms
        self._missing_s = missing_s
        self._converter = open_converter(rate_hz=rate_hz, channels=channels, keep_stereo=keep_stereo)
        self._closing = threading.Event()
        self._wake_out, self._wake_in = os.pipe()
        self._thread: threading.Thread | None = None
        self._ear_pid = 0
        self._name = ""

    @property
    def ear_pid(self) -> int:
        """The ear's process, 0 while there is none."""
        return self._ear_pid

    def start(self, emit: Callable[[AudioEvent], None]) -> None:
        intake = Intake(
            rate_hz=self._device_rate_hz, channels=self.channels, converter=self._converter, emit=emit
        )
        self._thread = threading.Thread(target=self._run, args=(intake,), name="audio", daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        os.close(self._wake_in)  # readable as end of file: wakes the thread's select
        if self._thread is not None:
            self._thread.join()
        os.close(self._wake_out)

    def _run(self, intake: Intake) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            reason = self._listen(intake)
            if not self._closing.is_set():
                intake.lost(time.monotonic_ns(), reason)
                self._closing.wait(max(0.0, began + AGAIN_S - time.monotonic()))

    def _listen(self, intake: Intake) -> str:
        """Run one ear to its end; returns why it ended."""
        try:
            ear = Ear(*self._ear_arguments(resolve(self._device)))
        except DriverError as error:
            return str(error)
        except OSError as error:
            return f"no ear can be started: {error}"
        self._ear_pid = ear.pid
        try:
            reason = self._follow(ear, intake)
        finally:
            self._ear_pid = 0
            end = ear.end()
        return reason or end

    def _ear_arguments(self, name: str) -> list[str]:
        return [
            *("--device", name, "--rate", str(self._device_rate_hz)),
            *("--channels", str(self._device_channels), "--block-ms", str(self._block_ms)),
        ]

    def _follow(self, ear: Ear, intake: Intake) -> str:
        """Take its messages until it ends, refuses or falls silent; "" if it ended by itself."""
        last = time.monotonic()
        heard = False
        while not self._closing.is_set():
            limit = self._missing_s if heard else OPEN_S
            messages = ear.read(
                min(self._missing_s, max(0.0, last + limit - time.monotonic())), self._wake_out
            )
            if messages is None:
                return ""
            for message in messages:
                if message.kind == "X":
                    return message.payload.decode(errors="replace")
                self._take(message, intake)
                heard = heard or message.kind == "B"
            silent_s = time.monotonic() - last
            if messages:
                last = time.monotonic()
            elif silent_s >= limit:
                return f"{self._name or self._device!r}: no block for {limit:.1f} s"
            elif silent_s >= self._missing_s:
                intake.lost(time.monotonic_ns(), f"{self._device!r}: no block yet")
        return ""

    def _take(self, message: Message, intake: Intake) -> None:
        if message.kind == "D":
            self._name = message.payload.decode(errors="replace")
        elif message.kind == "B":
            frames = len(message.payload) // (2 * self._device_channels)
            lost = bool(message.flags & OVERFLOWED)
            intake.block(RawBlock(frames, message.at_ns, lost, message.payload), self._name)

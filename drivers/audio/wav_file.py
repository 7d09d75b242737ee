"""A WAV file as a sound card: 16 bit, at a rate and with channels that a card may have; real time or at once.

Its stamps are those of an ideal card that began at the start. At its end the source is lost, as a card that
is unplugged, and does not return; a missing file is looked for again each second, as a card is.
"""

import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

from drivers.audio import SAMPLE_RATE_HZ, AudioEvent
from drivers.audio.convert import open_converter
from drivers.audio.intake import Intake
from drivers.audio.timeline import RawBlock
from drivers.errors import DeviceMissingError, DeviceRefusedError, DriverError

AGAIN_S = 1.0


class WavFile:
    """AudioSource that plays `path` once. `paced`: at its own speed; else as fast as `emit` takes it."""

    def __init__(
        self,
        *,
        path: Path,
        rate_hz: int,
        channels: int,
        keep_stereo: bool = False,
        block_ms: int = 100,
        paced: bool = True,
    ) -> None:
        self.channels = 2 if keep_stereo and channels == 2 else 1
        self.rate_hz = SAMPLE_RATE_HZ
        self._path = path
        self._file_rate_hz = rate_hz
        self._file_channels = channels
        self._converter = open_converter(rate_hz=rate_hz, channels=channels, keep_stereo=keep_stereo)
        self._block_ms = block_ms
        self._paced = paced
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, emit: Callable[[AudioEvent], None]) -> None:
        intake = Intake(
            rate_hz=self._file_rate_hz, channels=self.channels, converter=self._converter, emit=emit
        )
        self._thread = threading.Thread(target=self._run, args=(intake,), name="audio", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, intake: Intake) -> None:
        reason = ""
        while not self._closing.is_set() and not reason:
            try:
                with self._open() as file:
                    self._play(file, intake)
                reason = f"{self._path} is at its end"
            except DriverError as error:
                intake.lost(time.monotonic_ns(), str(error))
                self._closing.wait(AGAIN_S)
        if not self._closing.is_set():
            intake.lost(time.monotonic_ns(), reason)

    def _open(self) -> wave.Wave_read:
        try:
            file = wave.open(str(self._path), "rb")  # noqa: SIM115 (the caller closes it)
        except FileNotFoundError as error:
            raise DeviceMissingError(f"audio.wav_path: {self._path} is not there") from error
        except (OSError, EOFError, wave.Error) as error:
            raise DeviceRefusedError(f"audio.wav_path: {self._path} cannot be read: {error}") from error
        there = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
        wanted = (self._file_rate_hz, self._file_channels, 16)
        if there != wanted:
            file.close()
            raise DeviceRefusedError(
                f"audio.wav_path: {self._path} has (rate, channels, bits) {there}, the settings say {wanted}"
            )
        return file

    def _play(self, file: wave.Wave_read, intake: Intake) -> None:
        rate_hz = self._file_rate_hz
        began_ns, done = time.monotonic_ns(), 0
        while not self._closing.is_set():
            samples = file.readframes(rate_hz * self._block_ms // 1000)
            if not samples:
                return
            frames = len(samples) // (2 * self._file_channels)
            done += frames
            at_ns = began_ns + done * 1_000_000_000 // rate_hz
            if self._paced and self._closing.wait(max(0.0, (at_ns - time.monotonic_ns()) / 1e9)):
                return
            intake.block(RawBlock(frames, at_ns, overflow=False, samples=samples), str(self._path))

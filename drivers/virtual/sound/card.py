"""The card: 8 kHz blocks in, the plugin's memory out, and the card's own faults."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.moments import RATE_HZ
from drivers.virtual.options import Options
from drivers.virtual.sound.asound import write_asound_conf
from drivers.virtual.sound.build import plugin_library
from drivers.virtual.sound.memory import CardMemory
from drivers.virtual.sound.upsample import BLOCK, Upsampler

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - memory of this name is exclusive, 0600 and removed at the end

PREFIX = "offhook-card-"


class Card:
    """`present()` takes whole blocks of 20 ms and gives back what the card makes of them at 8 kHz."""

    def __init__(self, directory: Path, options: Options, epoch_ns: int) -> None:
        folder = SHARED_MEMORY if SHARED_MEMORY.is_dir() else directory
        sweep(folder)
        self.memory = CardMemory(
            folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}",
            rate_hz=options.card_rate_hz,
            channels=options.card_channels,
            mode=options.card_mode,
            epoch_ns=epoch_ns,
        )
        self.asound_conf = directory / "asound.conf"
        write_asound_conf(
            self.asound_conf,
            name=options.card_name,
            memory=self.memory.path,
            library=plugin_library(directory),
        )
        same = options.card_rate_hz == RATE_HZ
        self._upsampler = None if same else Upsampler(options.card_rate_hz, options.card_channels)
        self._last = np.zeros((BLOCK, options.card_channels), np.int16)
        self._starts = 0
        self._overruns = 0
        self.zero = False
        self.frozen = False

    def present(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        if self.frozen:
            frames = np.tile(self._last, (len(frames) // BLOCK, 1))
        elif self.zero:
            frames = np.zeros_like(frames)
        self._last = frames[-BLOCK:]
        self.memory.write(frames if self._upsampler is None else self._upsampler.convert(frames))
        return frames

    @property
    def read_sample(self) -> int:
        """The timeline's sample that the reader has got to (for fast mode)."""
        return self.memory.read * RATE_HZ // self.memory.rate_hz

    def news(self, note: Callable[..., None]) -> None:
        """Tell the truth of streams that have started and overruns since the last time."""
        starts, overruns = self.memory.count("starts"), self.memory.count("overruns")
        if starts != self._starts:
            sample = self.memory.started_at * RATE_HZ // self.memory.rate_hz
            note("card_started", sample=sample, card_frame=self.memory.started_at, starts=starts)
        if overruns != self._overruns:
            note("card_overrun", overruns=overruns)
        self._starts, self._overruns = starts, overruns

    def close(self) -> None:
        self.memory.close()


def sweep(folder: Path) -> None:
    """Remove what killed desks left: their memory has the number of a process that is no more."""
    for left in folder.glob(f"{PREFIX}*-*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            left.unlink(missing_ok=True)

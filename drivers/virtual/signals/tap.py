"""The tap: how the parties, the exchange and the wiring's faults add up to what the card hears."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.virtual.signals.voices import Bus, Sound, Voice, rms_of_dbfs, sine

FAR_LOSS = rms_of_dbfs(-6.0)
"""The far voice has come down the line; the near one has not."""
CARD_NOISE_DBFS = -84.0
"""What a card hears of itself when nothing is connected: below the line's noise, never digital zero."""
HUM_HARMONICS = ((1, 1.0), (2, 0.3), (3, 0.5), (5, 0.2))


@dataclass(slots=True)
class Faults:
    """What is wrong with the wires. gain is linear."""

    cut: bool = False
    silent: bool = False
    lost: Literal["", "agent", "customer"] = ""
    gain: float = 1.0
    hum: Voice | None = None


class Tap:
    """Four buses: `near` (agent's voice, DTMF), `customer`, `tones`, `signals` (ring, caller id).

    The last is heard on-hook too.
    """

    def __init__(self, channels: int, noise_dbfs: float, seed: int) -> None:
        self.near = Bus()
        self.customer = Bus()
        self.tones = Bus()
        self.signals = Bus()
        self.faults = Faults()
        self.off_hook = False
        self._channels = channels
        self._noise = rms_of_dbfs(noise_dbfs)
        self._card_noise = rms_of_dbfs(CARD_NOISE_DBFS)
        self._random = np.random.default_rng(seed)

    def render(self, first: int, count: int) -> NDArray[np.int16]:
        """Samples first … first + count of the timeline, shape (count, channels)."""
        near, far = self._parties(first, count)
        out = self._noise_floor(count)
        if self._channels == 1:
            for part in (near, far):
                if part is not None:
                    out[:, 0] += part
        else:
            for side, part in enumerate((near, far)):
                if part is not None:
                    out[:, side] += part
        if self.faults.hum is not None and not self.faults.cut:
            hum = np.zeros(count, np.float32)
            self.faults.hum.add_to(hum, first)
            out += hum[:, None]
        out *= np.float32(self.faults.gain * 32767)
        return np.clip(np.rint(out), -32768, 32767).astype(np.int16)

    def _parties(self, first: int, count: int) -> tuple[Sound | None, Sound | None]:
        """Rendered always, so that what nobody hears goes on in its own time."""
        near = self.near.render(first, count)
        customer = self.customer.render(first, count)
        tones = self.tones.render(first, count)
        signals = self.signals.render(first, count)
        if self.faults.cut or self.faults.silent:
            return None, None
        if not self.off_hook:
            near = customer = tones = None
        if self.faults.lost == "agent":
            near = None
        if self.faults.lost == "customer":
            customer = None
        far = _sum(tones, signals)
        return near, _sum(far, None if customer is None else customer * np.float32(FAR_LOSS))

    def _noise_floor(self, count: int) -> NDArray[np.float32]:
        """Drawn the same with every fault, so that a fault does not change the noise elsewhere."""
        noise = self._random.standard_normal((count, self._channels), np.float32)
        quiet = self.faults.cut or self.faults.silent
        return noise * np.float32(self._card_noise if quiet else self._noise)


def hum_voice(start: int, level_dbfs: float, hertz: int) -> Voice:
    """Mains hum with harmonics, RMS `level_dbfs`."""
    shape = np.zeros(8000, np.float32)
    for harmonic, share in HUM_HARMONICS:
        shape += sine(hertz * harmonic, 8000, share)
    shape *= np.float32(rms_of_dbfs(level_dbfs) / float(np.sqrt((shape**2).mean())))
    return Voice(start, shape, 0)


def _sum(one: Sound | None, other: Sound | None) -> Sound | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other

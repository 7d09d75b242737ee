"""What `offhook levels` measures and advises: pure, from the blocks that a source delivers."""

from dataclasses import dataclass, field

from drivers.audio import AudioBlock, AudioEvent, AudioFound, AudioGap
from firmware.capture.levels import FLOOR_DBFS, BlockLevel, LineLevel, LineMeter, measure, measure_sides

# Where the loudest speech should peak. Above, laughter clips; below, the quiet end drowns in the converter's
# noise.
BEST_PEAK_DBFS = (-18.0, -6.0)
SPEECH_AT_DBFS = -45.0  # quieter than this is line noise, not a voice or a dial tone
HOLD_BLOCKS = 15  # the peak mark stands for 1.5 s, then falls
FALL_DB = 1.5  # a block
HUM_OVER_SPEECH_DB = 20.0


@dataclass(slots=True)
class Side:
    """One bar: its last level, the held peak and the highest peak since the start."""

    name: str
    level: BlockLevel = field(default_factory=BlockLevel)
    held_dbfs: float = FLOOR_DBFS
    highest_dbfs: float = FLOOR_DBFS
    clipped: int = 0
    _age: int = 0

    def take(self, level: BlockLevel) -> None:
        self.level = level
        self.highest_dbfs = max(self.highest_dbfs, level.peak_dbfs)
        self.clipped += level.clipped
        self._age += 1
        if level.peak_dbfs >= self.held_dbfs:
            self.held_dbfs, self._age = level.peak_dbfs, 0
        elif self._age > HOLD_BLOCKS:
            self.held_dbfs = max(level.peak_dbfs, self.held_dbfs - FALL_DB)


class Meter:
    """Takes a source's events (from its thread); a reader sees the last state."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._line = LineMeter(channels)
        self.sides = [Side("line")] if channels == 1 else [Side("agent"), Side("far end")]
        self.line = LineLevel()
        self.loudest_speech_dbfs = FLOOR_DBFS
        self.blocks = 0
        self.lost_samples = 0
        self.device = ""
        self.problem = ""

    def take(self, event: AudioEvent) -> None:
        if isinstance(event, AudioBlock):
            self._take_block(event.samples)
        elif isinstance(event, AudioGap):
            self.lost_samples += event.lost_samples
        elif isinstance(event, AudioFound):
            self.device, self.problem = event.device, ""
        else:
            self.problem = event.reason

    def _take_block(self, samples: bytes) -> None:
        levels = [measure(samples)] if self._channels == 1 else measure_sides(samples)
        for side, level in zip(self.sides, levels, strict=True):
            side.take(level)
        self.line = self._line.take(samples)
        if self.blocks:  # the filter swings in during the first block
            self.loudest_speech_dbfs = max(self.loudest_speech_dbfs, self.line.speech_dbfs)
        self.blocks += 1

    def advice(self) -> list[str]:
        """What to do, most urgent first; never empty."""
        if self.problem:
            return [self.problem]
        if not self.blocks:
            return ["Waiting for the sound card."]
        found = self._dead() + [sentence for side in self.sides for sentence in _gain(side)]
        if self.lost_samples:
            found.append(f"{self.lost_samples} samples were lost: is the plug loose, the machine overloaded?")
        loudness = self.line.block.rms_dbfs
        if loudness > SPEECH_AT_DBFS and loudness - self.line.speech_dbfs > HUM_OVER_SPEECH_DB:
            found.append("Mains hum drowns the line: check the cable's shield and the isolation transformer.")
        return found or ["Good. Lift the handset: dial tone and both voices should move the bar."]

    def _dead(self) -> list[str]:
        if self.line.zero_ms >= 1000:
            return ["Digital silence: is capture switched on (alsamixer, F4), is the cable plugged in?"]
        if self.line.frozen_ms >= 1000:
            return ["The card repeats the same samples: unplug it and plug it in again."]
        return []


def _gain(side: Side) -> list[str]:
    """Advice on the capture gain, by the loudest peak so far."""
    low, high = BEST_PEAK_DBFS
    peak = side.highest_dbfs
    if side.clipped:
        return [f"{side.name}: clips. Lower the capture gain by 6 dB or more, then start again."]
    if peak > high:
        return [f"{side.name}: close to clipping. Lower the capture gain by {peak - high:.0f} dB."]
    if peak <= SPEECH_AT_DBFS:
        return [f"{side.name}: only noise so far. Lift the handset; if nothing moves, check the cable."]
    if peak < low:
        return [f"{side.name}: low. If this was loud speech, raise the capture gain by {low - peak:.0f} dB."]
    return []

"""A sound card that real PyAudio opens, fed with samples that tell their own position; and a listener that
waits.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from drivers.audio import AudioBlock, AudioFound, AudioGap, AudioLost
from drivers.virtual.sound.asound import write_asound_conf
from drivers.virtual.sound.build import plugin_library
from drivers.virtual.sound.memory import CardMemory

MULTIPLIER = 40503  # odd: 65536 frames in a row all differ
INVERSE = pow(MULTIPLIER, -1, 65536)
LEAD_S = 0.3


def telling(first, count):
    """Samples `first`… of the telling signal."""
    return (((np.arange(first, first + count) * MULTIPLIER) & 0xFFFF) - 32768).astype("<i2")


def tone(rate_hz, frequency_hz):
    def samples(first, count):
        wave = 8000 * np.sin(2 * np.pi * frequency_hz * np.arange(first, first + count) / rate_hz)
        return np.rint(wave).astype("<i2")

    return samples


class Card:
    """Frame f is presented at `epoch_ns` + f / rate.

    `sides`: one function (first, count) → samples per channel.
    """

    def __init__(self, folder: Path, *, name="desk-line", rate_hz=8000, sides=(telling,), mode="elastic"):
        self.epoch_ns = time.monotonic_ns()
        self.rate_hz = rate_hz
        self.name = name
        self._sides = sides
        self._folder = folder
        self.memory = CardMemory(
            folder / f"{name}.card", rate_hz=rate_hz, channels=len(sides), mode=mode, epoch_ns=self.epoch_ns
        )
        self.write_conf()
        self._closing = threading.Event()
        self._feed()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def write_conf(self, more=""):
        conf = self._folder / "asound.conf"
        library = plugin_library(self._folder)
        write_asound_conf(conf, name=self.name, memory=self.memory.path, library=library)
        conf.write_text(conf.read_text() + more)

    def frame_at(self, at_ns):
        return (at_ns - self.epoch_ns) * self.rate_hz / 1e9

    def told(self, block: AudioBlock):
        """The frame numbers of a block of the telling signal; they must be consecutive."""
        values = np.frombuffer(block.samples, "<i2").astype(np.int64)
        near = round(self.frame_at(block.at_ns)) - len(values)
        first = int(((values[0] + 32768) * INVERSE) & 0xFFFF)
        first += round((near - first) / 65536) * 65536
        assert block.samples == telling(first, len(values)).tobytes(), "the block is not what the card gave"
        return first, first + len(values)

    def wait_until_passed(self, seconds):
        """Until the card has presented so much more sound."""
        goal = time.monotonic_ns() + round(seconds * 1e9)
        while time.monotonic_ns() < goal:
            time.sleep(0.01)

    def close(self):
        self._closing.set()
        self._thread.join()
        self.memory.close()

    def _run(self):
        while not self._closing.wait(0.02):
            self._feed()

    def _feed(self):
        first = self.memory.written
        count = int(self.frame_at(time.monotonic_ns()) + LEAD_S * self.rate_hz) - first
        if count > 0:
            self.memory.write(np.stack([side(first, count) for side in self._sides], axis=1))


@dataclass
class Listener:
    """Collects a source's events and waits for them."""

    events: list = field(default_factory=list)
    ready: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, event):
        with self.ready:
            self.events.append(event)
            self.ready.notify_all()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def until(self, condition, timeout_s=30.0):
        with self.ready:
            assert self.ready.wait_for(condition, timeout_s), f"not in {timeout_s} s: {self.summary()}"

    def until_blocks(self, count):
        """`count` more blocks from now on."""
        goal = len(self.of(AudioBlock)) + count
        self.until(lambda: len(self.of(AudioBlock)) >= goal)

    def until_kind(self, kind, count=1):
        self.until(lambda: len(self.of(kind)) >= count)

    def summary(self):
        return [event if not isinstance(event, AudioBlock) else "block" for event in self.events][-12:]

    def assert_contract(self, channels=1):
        """Positions without a hole; found before blocks; lost once per loss."""
        position, present = 0, None
        for event in self.events:
            if isinstance(event, AudioFound):
                assert present is not True
                present = True
            elif isinstance(event, AudioLost):
                assert present is not False
                present = False
            else:
                assert present is True
                assert event.first_sample == position
                gap = isinstance(event, AudioGap)
                position += event.lost_samples if gap else event.frames(channels)
        return position


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def make_card(tmp_path, monkeypatch):
    """Card(**options) in a folder of its own, seen by every ear that this test starts."""
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    monkeypatch.setenv("XDG_CACHE_HOME", os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    cards = []

    def make(**options):
        cards.append(Card(tmp_path, **options))
        return cards[-1]

    yield make
    for card in cards:
        card.close()


@pytest.fixture
def make_tone():
    return tone

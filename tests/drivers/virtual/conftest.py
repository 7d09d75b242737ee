"""Benches for the virtual desk: one in this process and in no real time, one in its own process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from drivers.virtual.actions import Actions
from drivers.virtual.client import VirtualDesk
from drivers.virtual.desk import Desk
from drivers.virtual.later import Later
from drivers.virtual.options import Options

HERE = Path(__file__).parent


class Bench:
    """A desk in this process. Nobody reads its card; `run()` makes line time pass at once."""

    def __init__(self, directory: Path, options: Options) -> None:
        self.desk = Desk(directory, options)
        self.act = Actions(self.desk)

    def run(self, seconds: float) -> None:
        target = self.desk.timeline.head + round(seconds * 8000)
        while self.desk.timeline.head + 320 <= target:
            self.desk.advance(target)

    def until(self, state: str, limit_s: float = 60) -> None:
        for _ in range(int(limit_s / 0.04)):
            if self.desk.exchange.state == state:
                return
            self.run(0.04)
        raise AssertionError(f"the line is in state {self.desk.exchange.state}, not in {state}")

    def settle(self, later: Later) -> object:
        """Wait for what the reading thread gives."""
        given = []
        later.then(given.append)
        while not given:
            self.desk.loop.wait(self.desk.loop.now_ns() + 1_000_000_000)
        if isinstance(given[0], Exception):
            raise given[0]
        return given[0]

    def say(self, who: str, file: Path, **more: float) -> object:
        return self.settle(self.act.say(who, str(file), **more))

    def sound(self) -> np.ndarray:
        """All samples so far, (n, channels) s16."""
        self.desk.truth.flush()
        return soundfile.read(self.desk.truth.wav_path, dtype="int16", always_2d=True)[0]

    def events(self, event: str) -> list[dict]:
        self.desk.truth.flush()
        lines = self.desk.truth.events_path.read_bytes().splitlines()
        return [e for e in map(msgspec.json.decode, lines) if e["event"] == event]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made = []

    def make(**options: object) -> Bench:
        folder = tmp_path / f"bench{len(made)}"
        folder.mkdir()
        made.append(Bench(folder, Options(**options)))
        return made[-1]

    yield make
    for each in made:
        each.desk.close()
        each.desk.loop.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., VirtualDesk]]:
    """Desks in processes of their own, ended after the test."""
    made = []

    def make(**options: object) -> VirtualDesk:
        started = VirtualDesk(tmp_path / f"desk{len(made)}", Options(**options))
        made.append(started)
        return started.start()

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def voice(tmp_path: Path) -> Callable[..., Path]:
    """Sound files that behave like speech: syllables of coloured noise, no two alike."""

    def make(seed: int, seconds: float = 2.0, rate_hz: int = 8000) -> Path:
        random = np.random.default_rng(seed)
        count = round(seconds * rate_hz)
        noise = np.convolve(random.standard_normal(count + 8), np.ones(4) / 4, "same")[:count]
        syllables = np.repeat(random.uniform(0.1, 1, int(seconds * 5) + 2), rate_hz // 5)[:count]
        path = tmp_path / f"voice{seed}-{rate_hz}.wav"
        soundfile.write(path, 0.2 * noise * syllables, rate_hz, subtype="PCM_16")
        return path

    return make


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen]]:
    """Run one of the programs beside this file as a process that sees the desk's devices."""
    running = []

    def start(desk: VirtualDesk, program: str, *arguments: object) -> subprocess.Popen:
        running.append(
            subprocess.Popen(
                [sys.executable, "-P", str(HERE / program), *map(str, arguments)],
                env={**os.environ, **desk.environment()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

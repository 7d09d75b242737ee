"""The virtual desk put together: time, sound, pins, tty, exchange, phone. actions.py has its verbs."""

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from config.lines import load_line
from drivers.virtual.display import Display
from drivers.virtual.exchange.exchange import Exchange
from drivers.virtual.exchange.phone import Phone
from drivers.virtual.loop import Loop
from drivers.virtual.moments import NS_PER_SAMPLE, LampChange, Moment
from drivers.virtual.options import Options
from drivers.virtual.pins.bank import PinBank
from drivers.virtual.pins.lamps import LampBoard
from drivers.virtual.pins.pigpiod import PigpioServer
from drivers.virtual.process import Ready
from drivers.virtual.shelf import Shelf
from drivers.virtual.signals.tap import Tap
from drivers.virtual.sound.card import Card
from drivers.virtual.sound.upsample import BLOCK
from drivers.virtual.timeline import Outbox, Timeline, samples_of_ms
from drivers.virtual.truth import Truth
from drivers.virtual.tty.interface import SerialInterface
from drivers.virtual.tty.lineboard import Lineboard
from drivers.virtual.tty.port import TtyPort
from drivers.virtual.tty.whozz_calling import WhozzCalling

TICK_SAMPLES = 2 * BLOCK
"""Sound is made 40 ms at a time: 25 wakes a second, a quarter of the lead."""
CATCH_UP_SAMPLES = 8000
"""At most so much in one go after a stall, so that pins and verbs are served in between."""
FAST_LEAD_SAMPLES = 16_000
FAST_POLL_NS = 500_000
REGULAR_NS = 100_000_000
FLUSH_NS = 1_000_000_000


class Desk:
    """Owns all parts; `step()` does what is due and waits for the next thing, at most 40 ms."""

    def __init__(self, directory: Path, options: Options) -> None:
        self.options = options
        self.profile = load_line(options.line)
        self.loop = Loop()
        self.timeline = Timeline()
        self.outbox = Outbox()
        self.epoch_ns = self.loop.now_ns()
        self.fast = options.card_mode == "fast"
        self._lead = FAST_LEAD_SAMPLES if self.fast else samples_of_ms(options.lead_ms)
        self.truth = Truth(directory, epoch_ns=self.epoch_ns, channels=options.card_channels)
        self.truth.note(
            "timeline", 0, rate_hz=8000, epoch_ns=self.epoch_ns, options=msgspec.to_builtins(options)
        )
        self.card = Card(directory, options, self.epoch_ns)
        self.tap = Tap(options.card_channels, options.noise_dbfs, options.seed)
        self.lamps = LampBoard(options, self._lamp_changed)
        self.bank = PinBank(lambda number, at_ns: self.lamps.look(self.bank, number, at_ns))
        self.pigpio = PigpioServer(self.loop, self.bank, options.pigpio_port)
        self.port = TtyPort(directory / "tty-line")
        if options.interface != "disabled":
            self.port.plug()
        self.display = Display(
            self.outbox, self.bank, self.port, self._interface(), options, self._shown_at_ns
        )
        self.phone = Phone(self.timeline, self.tap, self.note, bounce_ms=self.profile.hook.bounce_ms,
                           seed=options.seed, show_sensor=self.display.show_sensor)  # fmt: skip
        self.exchange = Exchange(self.timeline, self.tap, self.profile, self.display, self.note,
                                 answer_reversal=options.answer_reversal,
                                 on_state=self._line_changed)  # fmt: skip
        self.shelf = Shelf(self.loop)
        self.lamp_waiters: list[Any] = []
        self.line_waiters: list[Any] = []
        self._next_regular_ns = self.epoch_ns
        self._next_flush_ns = self.epoch_ns + FLUSH_NS
        self._directory = directory

    def ready(self) -> Ready:
        return Ready(
            pid=os.getpid(),
            options=self.options,
            asound_conf=str(self.card.asound_conf),
            pigpio_port=self.pigpio.port,
            epoch_ns=self.epoch_ns,
            card_memory=str(self.card.memory.path),
        )

    # Time

    @property
    def shown_sample(self) -> int:
        """The sample that the card presents now."""
        if self.fast:
            return self.card.read_sample
        return (self.loop.now_ns() - self.epoch_ns) // NS_PER_SAMPLE

    def moment(self, sample: int | None = None) -> Moment:
        """Of the write head, or of a given sample."""
        at = self.timeline.head if sample is None else sample
        return Moment(self.epoch_ns + at * NS_PER_SAMPLE, at)

    def note(self, event: str, sample: int | None = None, **values: Any) -> None:
        self.truth.note(event, self.timeline.head if sample is None else sample, **values)

    def step(self) -> None:
        """One turn of the loop."""
        self.advance(self.shown_sample + self._lead)
        self.outbox.show_until(self.shown_sample)
        now = self.loop.now_ns()
        self.bank.run_due(now)
        if now >= self._next_regular_ns:
            self._next_regular_ns = max(self._next_regular_ns + REGULAR_NS, now)
            self.display.every_100_ms()
            self.card.news(self.note)
        if now >= self._next_flush_ns:
            self._next_flush_ns = now + FLUSH_NS
            self.truth.flush()
        self.loop.wait(self._next_wake_ns(now))

    def advance(self, target: int) -> None:
        """Make sound up to `target`, in whole ticks, with all that happens on the way at its exact sample."""
        target = min(target // BLOCK * BLOCK, self.timeline.head + CATCH_UP_SAMPLES)
        if target - self.timeline.head < TICK_SAMPLES:
            return
        pieces = []
        while self.timeline.head < target:
            self.timeline.run_due()
            stop = self.timeline.next_stop(target)
            pieces.append(self.tap.render(self.timeline.head, stop - self.timeline.head))
            self.timeline.head = stop
        self.truth.add(self.card.present(np.concatenate(pieces)))

    def close(self) -> None:
        """Devices go first, so that whoever uses them sees them unplugged."""
        (self._directory / "ready.json").unlink(missing_ok=True)
        self.card.close()
        self.port.unplug()
        self.pigpio.close()
        self.shelf.close()
        self.truth.close()

    def _next_wake_ns(self, now: int) -> int:
        wakes = [self._next_regular_ns]
        if self.fast:
            wakes.append(now + FAST_POLL_NS)
        else:
            wakes.append(self.epoch_ns + (self.timeline.head + TICK_SAMPLES - self._lead) * NS_PER_SAMPLE)
            if self.outbox.next_sample is not None:
                wakes.append(self.epoch_ns + self.outbox.next_sample * NS_PER_SAMPLE)
        edge = self.bank.next_due_ns()
        return min(wakes if edge is None else [*wakes, edge])

    def _shown_at_ns(self, sample: int) -> int:
        """When an edge at `sample` happens; in fast mode that is when the reader gets there: now."""
        return self.loop.now_ns() if self.fast else self.epoch_ns + sample * NS_PER_SAMPLE

    def _interface(self) -> SerialInterface | None:
        match self.options.interface:
            case "lineboard":
                return Lineboard(self.profile.voltages.on_hook_mv)
            case "whozz_calling":
                return WhozzCalling()
            case "disabled":
                return None

    def _lamp_changed(self, change: LampChange) -> None:
        sample = max(0, (change.at_ns - self.epoch_ns) // NS_PER_SAMPLE)
        self.truth.note("lamp", sample, at_ns=change.at_ns, lamp=change.lamp,
                        brightness=change.brightness, driven=change.driven)  # fmt: skip
        for look in list(self.lamp_waiters):
            look()

    def _line_changed(self) -> None:
        for look in list(self.line_waiters):
            look()

"""Shows the line on the devices.

What the exchange and the phone tell at the write head appears on pins and tty when real time reaches the same
sample.
"""

from collections.abc import Callable
from functools import partial

from drivers.virtual.options import Options
from drivers.virtual.pins.bank import PinBank
from drivers.virtual.timeline import Outbox
from drivers.virtual.tty.interface import SerialInterface
from drivers.virtual.tty.port import TtyPort


class Display:
    """A LineListener. The hook of the serial interface follows the loop, without the contact's bounce."""

    def __init__(
        self, outbox: Outbox, bank: PinBank, port: TtyPort, interface: SerialInterface | None,
        options: Options, at_ns: Callable[[int], int],
    ) -> None:  # fmt: skip
        self._outbox = outbox
        self._bank = bank
        self._port = port
        self._interface = interface
        self._pin = options.hook_pin
        self._lifted_level = int(options.lifted_level == "high")
        self._at_ns = at_ns
        self._contact = False
        self._stuck: bool | None = None
        self._chattering = False
        self._drive(lifted=False, at_ns=at_ns(0))

    # The hook sensor on its pin

    def show_sensor(self, sample: int, lifted: bool) -> None:
        """One edge of the contact."""
        self._outbox.put(sample, lambda: self._contact_is(sample, lifted))

    def stick(self, sample: int, stuck: bool | None, *, keep: bool) -> None:
        """Stuck at lifted or replaced (`keep`: wherever the sensor is then); None without keep frees it."""
        self._outbox.put(sample, lambda: self._stick(sample, stuck, keep=keep))

    def chatter(self, sample: int, end: int, period: int) -> None:
        """The sensor toggles from `sample` to `end`, then shows the contact again."""
        self._outbox.put(sample, lambda: self._set_chattering(chattering=True))
        for number, at in enumerate(range(sample, end, max(1, period // 2))):
            self._outbox.put(at, partial(self._toggle, at, number % 2 == 0))
        self._outbox.put(end, lambda: self._end_chatter(end))

    def _contact_is(self, sample: int, lifted: bool) -> None:
        self._contact = lifted
        self._refresh(sample)

    def _stick(self, sample: int, stuck: bool | None, *, keep: bool) -> None:
        self._stuck = self._contact if keep else stuck
        self._refresh(sample)

    def _set_chattering(self, *, chattering: bool) -> None:
        self._chattering = chattering

    def _toggle(self, sample: int, lifted: bool) -> None:
        self._drive(lifted=lifted, at_ns=self._at_ns(sample))

    def _end_chatter(self, sample: int) -> None:
        self._chattering = False
        self._refresh(sample)

    def _refresh(self, sample: int) -> None:
        if not self._chattering:
            shown = self._contact if self._stuck is None else self._stuck
            self._drive(lifted=shown, at_ns=self._at_ns(sample))

    def _drive(self, *, lifted: bool, at_ns: int) -> None:
        level = self._lifted_level if lifted else 1 - self._lifted_level
        self._bank.drive_outside(self._pin, level, at_ns)

    # The serial interface

    def hook(self, sample: int, *, lifted: bool) -> None:
        self._send(sample, lambda to: to.hook(lifted=lifted))

    def flash(self, sample: int) -> None:
        self._send(sample, lambda to: to.flash())

    def cleared(self, sample: int) -> None:
        self._send(sample, lambda to: to.cleared())

    def voltage(self, sample: int, millivolts: int) -> None:
        self._send(sample, lambda to: to.voltage(millivolts))

    def ring_burst(self, end_sample: int, duration_ms: int, ring: int) -> None:
        self._send(end_sample, lambda to: to.ring_burst(duration_ms, ring))

    def caller_known(self, sample: int, number: str, name: str, *, checksum_ok: bool, rings: int) -> None:
        self._send(sample, lambda to: to.caller_known(number, name, checksum_ok=checksum_ok, rings=rings))

    def number_dialled(self, sample: int, number: str) -> None:
        self._send(sample, lambda to: to.number_dialled(number))

    def call_ended(self, sample: int, *, inbound: bool, seconds: int, rings: int) -> None:
        self._send(sample, lambda to: to.call_ended(inbound=inbound, seconds=seconds, rings=rings))

    def raw(self, sample: int, data: bytes) -> None:
        self._outbox.put(sample, lambda: self._port.send(data))

    def every_100_ms(self) -> None:
        """Called in real time: regular records, and the greeting for who has just opened the port."""
        if self._interface is not None:
            if self._port.opened():
                self._port.send(self._interface.opened())
            else:
                self._port.send(self._interface.every_100_ms())

    def _send(self, sample: int, record: Callable[[SerialInterface], bytes]) -> None:
        interface = self._interface
        if interface is not None:
            self._outbox.put(sample, lambda: self._port.send(record(interface)))

"""What each verb does, inside the desk's process. Names and arguments are those of verbs.py."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

from drivers.virtual.desk import Desk
from drivers.virtual.errors import VerbRefusedError, VirtualDeskError
from drivers.virtual.later import Later
from drivers.virtual.moments import RATE_HZ, Lamps, Moment, Placement, Status, Truth
from drivers.virtual.pins.lamps import NAMES
from drivers.virtual.signals.tap import Faults, hum_voice
from drivers.virtual.signals.voices import Sound, Voice, rms_of_dbfs
from drivers.virtual.timeline import samples_of_ms

Party = Literal["agent", "customer"]
V = TypeVar("V")
LISTENING_PAUSE_MS = 500
"""A person dials after having heard the dial tone for so long."""


class Actions:
    """Each method runs at the write head and gives its value, or a Later."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._speaking_until = {"agent": 0, "customer": 0}
        self._dialled = ""

    # The phone

    def lift(self) -> Moment:
        self._desk.phone.move(lifted=True)
        self._desk.display.hook(self._desk.timeline.head, lifted=True)
        self._desk.exchange.loop_closed()
        return self._desk.moment()

    def replace(self) -> Moment:
        self._desk.phone.move(lifted=False)
        self._desk.display.hook(self._desk.timeline.head, lifted=False)
        self._desk.exchange.loop_opened()
        self.hush("agent")
        return self._desk.moment()

    def flash(self, ms: int | None = None) -> Moment:
        hook = self._desk.profile.hook
        if not self._desk.phone.lifted:
            raise VerbRefusedError("the handset is on the cradle: lift() first")
        length_ms = (hook.flash_min_ms + hook.flash_max_ms) // 2 if ms is None else ms
        if not hook.bounce_ms < length_ms <= 10_000:
            raise VerbRefusedError(
                f"ms must be more than the contact's bounce ({hook.bounce_ms}), at most 10000"
            )
        moment = self.replace()
        self._desk.timeline.after_ms(length_ms, self.lift)
        return moment

    def dial(self, digits: str, on_ms: int = 100, off_ms: int = 100,
             level_dbm0: float = -9.0, twist_db: float = 2.0) -> Placement:  # fmt: skip
        desk = self._desk
        if not desk.phone.lifted:
            raise VerbRefusedError("the handset is on the cradle: lift() first")
        start = desk.timeline.head
        if desk.exchange.state == "dial_tone":
            start = max(start, desk.exchange.dial_tone_at + samples_of_ms(LISTENING_PAUSE_MS))
            self._dialled = ""
        placed = desk.phone.press(digits, start, on_ms=on_ms, off_ms=off_ms,
                                  level_dbm0=level_dbm0, twist_db=twist_db)  # fmt: skip
        for number, (digit, _, end) in enumerate(placed):
            last = number == len(placed) - 1
            desk.timeline.at(end, partial(self._digit, digit, last=last))
        return self._placement(placed[0][1], placed[-1][2])

    # The exchange and the far end

    def ring(self, number: str = "", name: str = "", bursts: int | None = None,
             caller_id: str = "profile", damaged: bool = False) -> Moment:  # fmt: skip
        self._desk.exchange.ring(number, name, rings=bursts, plan=caller_id, damaged=damaged)
        return self._desk.moment()

    def stop_ringing(self) -> Moment:
        return self._do(self._desk.exchange.stop_ringing)

    def answer(self) -> Moment:
        return self._do(self._desk.exchange.answer)

    def busy(self) -> Moment:
        return self._do(lambda: self._desk.exchange.set_outcome("busy"))

    def congestion(self) -> Moment:
        return self._do(lambda: self._desk.exchange.set_outcome("congestion"))

    def hang_up_far(self) -> Moment:
        moment = self._do(self._desk.exchange.hang_up_far)
        self.hush("customer")
        return moment

    def howler(self) -> Moment:
        return self._do(self._desk.exchange.howler)

    def reverse_polarity(self) -> Moment:
        return self._do(self._desk.exchange.reverse_polarity)

    def colour_ring(self, file: str) -> Moment | Later[Moment]:
        if not file:
            return self._do(lambda: self._desk.exchange.colour_ring(None))
        return self._with_sound(file, lambda sound: self._do(lambda: self._desk.exchange.colour_ring(sound)))

    # Speech

    def load(self, file: str) -> Moment | Later[Moment]:
        return self._with_sound(file, lambda _sound: self._desk.moment())

    def say(self, who: Party, file: str, gain_db: float = 0.0) -> Placement | Later[Placement]:
        self._require_heard(who)
        return self._with_sound(file, lambda sound: self._place(who, file, sound, gain_db))

    def hush(self, who: Party) -> Moment:
        desk = self._desk
        if self._speaking_until[who] > desk.timeline.head:
            desk.note("hush", who=who)
        (desk.tap.near if who == "agent" else desk.tap.customer).clear()
        self._speaking_until[who] = desk.timeline.head
        return desk.moment()

    # Faults of the line

    def cut(self) -> Moment:
        self._desk.tap.faults.cut = True
        self._desk.exchange.cut(cut=True)
        return self._fault("cut")

    def hum(self, level_dbfs: float = -30.0, hz: int = 50) -> Moment:
        if not 10 <= hz <= 400:
            raise VerbRefusedError("hz must be 10 to 400")
        self._desk.tap.faults.hum = hum_voice(self._desk.timeline.head, level_dbfs, hz)
        return self._fault("hum", level_dbfs=level_dbfs, hz=hz)

    def silence(self) -> Moment:
        self._desk.tap.faults.silent = True
        return self._fault("silence")

    def one_sided(self, lost: Party) -> Moment:
        self._desk.tap.faults.lost = lost
        return self._fault("one_sided", lost=lost)

    def gain(self, db: float) -> Moment:
        if not -96 <= db <= 60:
            raise VerbRefusedError("db must be -96 to 60")
        self._desk.tap.faults.gain = rms_of_dbfs(db)
        return self._fault("gain", db=db)

    def restore(self) -> Moment:
        self._desk.tap.faults = Faults()
        self._desk.exchange.cut(cut=False)
        return self._fault("restored")

    # Faults of the devices

    def unplug_card(self) -> Moment:
        return self._device("card_unplugged", self._desk.card.memory.unplug)

    def plug_card(self) -> Moment:
        return self._device("card_plugged", self._desk.card.memory.plug)

    def hang_card(self) -> Moment:
        return self._device("card_hung", lambda: self._desk.card.memory.hang(True))

    def zero_card(self) -> Moment:
        self._desk.card.zero = True
        return self._fault("card_zero")

    def freeze_card(self) -> Moment:
        self._desk.card.frozen = True
        return self._fault("card_frozen")

    def heal_card(self) -> Moment:
        self._desk.card.zero = self._desk.card.frozen = False
        return self._device("card_healed", lambda: self._desk.card.memory.hang(False))

    def unplug_serial(self) -> Moment:
        return self._device("serial_unplugged", self._desk.port.unplug)

    def plug_serial(self) -> Moment:
        return self._device("serial_plugged", self._desk.port.plug)

    def garble_serial(self, text: str) -> Moment:
        try:
            data = text.encode("latin-1")
        except UnicodeEncodeError as error:
            raise VerbRefusedError(f"text must be Latin-1 characters: {error}") from error
        self._desk.display.raw(self._desk.timeline.head, data)
        return self._fault("serial_garbled", text=text)

    def stick_hook(self, stuck: Literal["lifted", "replaced"] | None = None) -> Moment:
        level = None if stuck is None else stuck == "lifted"
        self._desk.display.stick(self._desk.timeline.head, level, keep=stuck is None)
        return self._fault("hook_stuck", stuck=stuck or "")

    def free_hook(self) -> Moment:
        self._desk.display.stick(self._desk.timeline.head, None, keep=False)
        return self._fault("hook_freed")

    def chatter_hook(self, ms: int = 500, period_ms: int = 4) -> Moment:
        if not (1 <= ms <= 60_000 and 1 <= period_ms <= ms):
            raise VerbRefusedError("ms must be 1 to 60000, period_ms 1 to ms")
        head = self._desk.timeline.head
        self._desk.display.chatter(head, head + samples_of_ms(ms), samples_of_ms(period_ms))
        return self._fault("hook_chatters", ms=ms, period_ms=period_ms)

    # Time, lamps, truth

    def wait(self, seconds: float) -> Later[Moment]:
        if not 0 <= seconds <= 86_400:
            raise VerbRefusedError("seconds must be 0 to 86400")
        return self.wait_until(self._desk.shown_sample + round(seconds * RATE_HZ))

    def wait_until(self, sample: int) -> Later[Moment]:
        later: Later[Moment] = Later()
        self._desk.outbox.put(sample, lambda: later.settle(self._desk.moment(sample)))
        return later

    def wait_lamp(self, lamp: str, lit: bool = True, timeout_s: float = 10.0) -> Later[Moment]:
        if lamp not in NAMES:
            raise VerbRefusedError(f"lamp {lamp!r}: must be one of {', '.join(NAMES)}")
        later: Later[Moment] = Later()

        def look() -> None:
            if (self._desk.lamps.brightness(lamp) > 0) == lit:
                later.settle(self._desk.moment(self._desk.shown_sample))

        state = "light" if lit else "go dark"
        self._until(
            later, look, self._desk.lamp_waiters, f"{lamp} did not {state} in {timeout_s} s", timeout_s
        )
        return later

    def wait_line(self, state: str, timeout_s: float = 10.0) -> Later[Moment]:
        later: Later[Moment] = Later()

        def look() -> None:
            if self._desk.exchange.state == state:
                later.settle(self._desk.moment())

        refusal = f"the line was not in state {state} within {timeout_s} s"
        self._until(later, look, self._desk.line_waiters, refusal, timeout_s)
        return later

    def lamps(self, since_ns: int = 0) -> Lamps:
        board = self._desk.lamps
        history = tuple(change for change in board.history if change.at_ns >= since_ns)
        green, red, amber = (board.brightness(name) for name in NAMES)
        return Lamps(green, red, amber, history)

    def status(self) -> Status:
        memory = self._desk.card.memory
        return Status(
            line=self._desk.exchange.state,
            off_hook=self._desk.phone.lifted,
            ringing=self._desk.exchange.state == "ringing",
            card_plugged=memory.plugged,
            serial_plugged=self._desk.port.plugged,
            card_opens=memory.count("opens"),
            card_overruns=memory.count("overruns"),
            cpu_s=time.process_time(),
        )

    def truth(self) -> Truth:
        desk = self._desk
        desk.card.news(desk.note)
        desk.truth.flush()
        return Truth(
            events_path=str(desk.truth.events_path),
            wav_path=str(desk.truth.wav_path),
            epoch_ns=desk.epoch_ns,
            head_sample=desk.timeline.head,
            shown_sample=min(desk.shown_sample, desk.timeline.head),
            channels=desk.options.card_channels,
        )

    # Inside

    def _do(self, action: Callable[[], None]) -> Moment:
        action()
        return self._desk.moment()

    def _fault(self, kind: str, **values: Any) -> Moment:
        self._desk.note("fault", kind=kind, **values)
        return self._desk.moment()

    def _device(self, kind: str, action: Callable[[], None]) -> Moment:
        """Devices change when real time gets there, like the pins."""
        self._desk.outbox.put(self._desk.timeline.head, action)
        return self._fault(kind)

    def _digit(self, digit: str, *, last: bool) -> None:
        if self._desk.phone.lifted:
            self._dialled += digit
            self._desk.exchange.digit(self._dialled, last=last)

    def _require_heard(self, who: Party) -> None:
        desk = self._desk
        if who == "agent" and not desk.phone.lifted:
            raise VerbRefusedError("the handset is on the cradle: nobody hears the agent")
        if who == "customer" and desk.exchange.state != "talking":
            raise VerbRefusedError(f"no customer on the line: it is in state {desk.exchange.state}")

    def _place(self, who: Party, file: str, sound: Sound, gain_db: float) -> Placement:
        """Behind what that party still says."""
        desk = self._desk
        self._require_heard(who)
        start = max(desk.timeline.head, self._speaking_until[who])
        end = start + len(sound)
        self._speaking_until[who] = end
        bus = desk.tap.near if who == "agent" else desk.tap.customer
        bus.add(Voice(start, sound * rms_of_dbfs(gain_db) if gain_db else sound))
        desk.note("speech", sample=start, end_sample=end, who=who, file=file, gain_db=gain_db)
        return self._placement(start, end)

    def _placement(self, start: int, end: int) -> Placement:
        first, last = self._desk.moment(start), self._desk.moment(end)
        return Placement(first.at_ns, start, last.at_ns, end)

    def _with_sound(self, file: str, use: Callable[[Sound], V]) -> Later[V]:
        later: Later[V] = Later()

        def give(loaded: Sound | VirtualDeskError) -> None:
            try:
                later.settle(loaded if isinstance(loaded, VirtualDeskError) else use(loaded))
            except VirtualDeskError as error:
                later.settle(error)

        self._desk.shelf.ask(file, give)
        return later

    def _until(self, later: Later[Moment], look: Callable[[], None], waiters: list[Any],
               refusal: str, timeout_s: float) -> None:  # fmt: skip
        """Look now, and at every change, until settled or the time is over."""
        waiters.append(look)
        later.then(lambda _outcome: waiters.remove(look))
        limit = self._desk.shown_sample + round(timeout_s * RATE_HZ)
        self._desk.outbox.put(limit, lambda: later.settle(VerbRefusedError(refusal)))
        look()

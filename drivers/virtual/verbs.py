"""The verbs of a virtual desk, as a client has them."""

from pathlib import Path
from typing import Any, Literal, TypeVar

from drivers.virtual.moments import Lamps, Moment, Placement, Status, Truth

Party = Literal["agent", "customer"]
CallerIdPlan = Literal["profile", "fsk", "dtmf", "none"]
LampName = Literal["green", "red", "amber"]
T = TypeVar("T")


class Verbs:
    """All verbs. `_call` sends one and decodes its reply; errors are VirtualDeskError."""

    def _call(self, kind: type[T], verb: str, **arguments: Any) -> T:
        raise NotImplementedError

    # The phone

    def lift(self) -> Moment:
        """Lift the handset, with contact bounce: answers a ringing line, else brings dial tone."""
        return self._call(Moment, "lift")

    def replace(self) -> Moment:
        """Put the handset back."""
        return self._call(Moment, "replace")

    def dial(self, digits: str, *, on_ms: int = 100, off_ms: int = 100,
             level_dbm0: float = -9.0, twist_db: float = 2.0) -> Placement:  # fmt: skip
        """Send DTMF (0-9 * # A-D). `level_dbm0` of the low tone; the high one is `twist_db` louder.

        Begins half a second after dial tone, when that is still to come. The exchange routes the number
        after the last digit: to ringback, unless busy() or congestion() was called.
        """
        return self._call(Placement, "dial", digits=digits, on_ms=on_ms, off_ms=off_ms,
                          level_dbm0=level_dbm0, twist_db=twist_db)  # fmt: skip

    def flash(self, ms: int | None = None) -> Moment:
        """Press the hook for `ms` (default: a flash of the profile): hold the far end, or take it back."""
        return self._call(Moment, "flash", ms=ms)

    # The exchange and the far end

    def ring(self, number: str = "", name: str = "", *, bursts: int | None = None,
             caller_id: CallerIdPlan = "profile", damaged: bool = False) -> Moment:  # fmt: skip
        """Somebody calls: rings until answered, `bursts` rings or stop_ringing().

        `damaged` flips one bit of the caller id on the wire. An empty number sends no caller id.
        """
        return self._call(Moment, "ring", number=number, name=name, bursts=bursts,
                          caller_id=caller_id, damaged=damaged)  # fmt: skip

    def stop_ringing(self) -> Moment:
        """The caller gives up."""
        return self._call(Moment, "stop_ringing")

    def answer(self) -> Moment:
        """The far end answers an outgoing call."""
        return self._call(Moment, "answer")

    def busy(self) -> Moment:
        """The number called is busy (call it before or after dial())."""
        return self._call(Moment, "busy")

    def congestion(self) -> Moment:
        """No line is free on the way to the number called."""
        return self._call(Moment, "congestion")

    def hang_up_far(self) -> Moment:
        """The far end hangs up; the profile says what the line does then."""
        return self._call(Moment, "hang_up_far")

    def colour_ring(self, file: str | Path) -> Moment:
        """Music in place of ringback, for calls from now on ("" ends that)."""
        return self._call(Moment, "colour_ring", file=_absolute(file))

    def howler(self) -> Moment:
        """Send the howler now, without waiting for the exchange's own time-out."""
        return self._call(Moment, "howler")

    def reverse_polarity(self) -> Moment:
        return self._call(Moment, "reverse_polarity")

    # Speech

    def say(self, who: Party, file: str | Path, *, gain_db: float = 0.0, wait: bool = False) -> Placement:
        """Play a sound file (any rate) as the agent or the customer; behind what that one still says.

        `wait` returns when its last sample has been on the line.
        """
        placed = self._call(Placement, "say", who=who, file=_absolute(file), gain_db=gain_db)
        if wait:
            self.wait_until(placed.end_sample)
        return placed

    def load(self, file: str | Path) -> Moment:
        """Read and resample a sound file now, so that a scheduled say() finds it ready."""
        return self._call(Moment, "load", file=_absolute(file))

    def hush(self, who: Party) -> Moment:
        """Stop what that one says."""
        return self._call(Moment, "hush", who=who)

    # Faults of the line

    def cut(self) -> Moment:
        """Cut the wires: no voltage, no sound but the card's own noise."""
        return self._call(Moment, "cut")

    def hum(self, *, level_dbfs: float = -30.0, hz: int = 50) -> Moment:
        """Mains hum with harmonics."""
        return self._call(Moment, "hum", level_dbfs=level_dbfs, hz=hz)

    def silence(self) -> Moment:
        """The tap hears nothing although the line works (a wire off, gain at zero)."""
        return self._call(Moment, "silence")

    def one_sided(self, lost: Party) -> Moment:
        """One party is not heard at the tap."""
        return self._call(Moment, "one_sided", lost=lost)

    def gain(self, db: float) -> Moment:
        """Gain of the tap: positive clips, negative gives a low level."""
        return self._call(Moment, "gain", db=db)

    def restore(self) -> Moment:
        """Put all faults of the line right: cut, hum, silence, one-sided, gain."""
        return self._call(Moment, "restore")

    # Faults of the devices

    def unplug_card(self) -> Moment:
        return self._call(Moment, "unplug_card")

    def plug_card(self) -> Moment:
        return self._call(Moment, "plug_card")

    def hang_card(self) -> Moment:
        """The card stays, and gives no more samples; heal_card() ends it."""
        return self._call(Moment, "hang_card")

    def zero_card(self) -> Moment:
        """The card gives digital zeros."""
        return self._call(Moment, "zero_card")

    def freeze_card(self) -> Moment:
        """The card gives its last 20 ms again and again."""
        return self._call(Moment, "freeze_card")

    def heal_card(self) -> Moment:
        return self._call(Moment, "heal_card")

    def unplug_serial(self) -> Moment:
        return self._call(Moment, "unplug_serial")

    def plug_serial(self) -> Moment:
        return self._call(Moment, "plug_serial")

    def garble_serial(self, text: str = "\x00\xff~garbage~\r\n") -> Moment:
        """Send these characters (Latin-1) over the tty."""
        return self._call(Moment, "garble_serial", text=text)

    def stick_hook(self, stuck: Literal["lifted", "replaced"] | None = None) -> Moment:
        """The hook sensor shows this, or stays as it is, whatever the handset does; free_hook() ends it."""
        return self._call(Moment, "stick_hook", stuck=stuck)

    def free_hook(self) -> Moment:
        return self._call(Moment, "free_hook")

    def chatter_hook(self, ms: int = 500, *, period_ms: int = 4) -> Moment:
        """The sensor toggles for `ms`, then shows the truth."""
        return self._call(Moment, "chatter_hook", ms=ms, period_ms=period_ms)

    # Time, lamps, truth

    def wait(self, seconds: float) -> Moment:
        """Wait for so much time on the line from now (in fast mode that is less than on the wall)."""
        return self._call(Moment, "wait", seconds=seconds)

    def wait_until(self, sample: int) -> Moment:
        """Wait until the card has presented this sample."""
        return self._call(Moment, "wait_until", sample=sample)

    def wait_lamp(self, lamp: LampName, *, lit: bool = True,
                  timeout_s: float = 10.0) -> Moment:  # fmt: skip
        """Wait until a lamp is lit (or dark); at once when it is. VerbRefusedError after `timeout_s`."""
        return self._call(Moment, "wait_lamp", lamp=lamp, lit=lit, timeout_s=timeout_s)

    def wait_line(self, state: str, *, timeout_s: float = 10.0) -> Moment:
        """Wait until the exchange is in this state (see status().line), at the write head."""
        return self._call(Moment, "wait_line", state=state, timeout_s=timeout_s)

    def lamps(self, since_ns: int = 0) -> Lamps:
        return self._call(Lamps, "lamps", since_ns=since_ns)

    def status(self) -> Status:
        return self._call(Status, "status")

    def truth(self) -> Truth:
        """Brings truth.jsonl and truth.wav up to date on disk and tells where they are."""
        return self._call(Truth, "truth")


def _absolute(file: str | Path) -> str:
    """The desk's process has another working directory."""
    return str(Path(file).absolute()) if str(file) else ""

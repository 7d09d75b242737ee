"""The exchange: one state for the line, what is heard in it, and what makes it another.

idle ── ring ──► ringing ── lift ──► talking ◄── answer ── ringback ◄── (routed) ── routing ◄─┐
  └── lift ──► dial_tone ── digits ──► dialling ── (last digit) ───────────────────────────────┘
                   └── (time-out) ──► busy ── (time-out) ──► howler       routing ──► busy, congestion
talking ── hang_up_far ──► released ──► howler        talking ── flash ──► dial_tone, the first party held
on-hook for longer than a flash: idle, from everywhere
"""

from collections.abc import Callable
from typing import Literal

from config.lines import LineProfile, Tone
from drivers.virtual.errors import VerbRefusedError
from drivers.virtual.exchange.listener import LineListener, Note
from drivers.virtual.exchange.ringing import CALLER_ID_PLANS, Caller, Ringing
from drivers.virtual.moments import RATE_HZ
from drivers.virtual.signals.tap import Tap
from drivers.virtual.signals.tones import tone_voice
from drivers.virtual.signals.voices import Sound, Voice
from drivers.virtual.timeline import Timeline, Timer, samples_of_ms

State = Literal[
    "idle", "ringing", "dial_tone", "dialling", "routing", "ringback", "busy", "congestion",
    "talking", "released", "howler", "cut",
]  # fmt: skip
Outcome = Literal["ringback", "busy", "congestion"]


class Exchange:
    """Verbs of the far end, and what the phone does to it. Everything happens at the write head."""

    def __init__(
        self, timeline: Timeline, tap: Tap, profile: LineProfile, listener: LineListener, note: Note,
        *, answer_reversal: bool, on_state: Callable[[], None],
    ) -> None:  # fmt: skip
        self.state: State = "idle"
        self.off_hook = False
        self.held = False
        self.reversed = False
        self._timeline = timeline
        self._tap = tap
        self._profile = profile
        self._listener = listener
        self._note = note
        self._answer_reversal = answer_reversal
        self._on_state = on_state
        self._ringing: Ringing | None = None
        self._tone: Voice | None = None
        self._pending: list[Timer] = []
        self._outcome: Outcome = "ringback"
        self._music: Sound | None = None
        self._on_hook_at = 0
        self._break_timer: Timer | None = None
        self._open_loop = False
        self._cut = False
        self._lifted_at = 0
        self._seized_at = 0
        self._inbound = False
        self._in_call = False
        self._rings = 0

    # Verbs of the exchange and the far end

    def ring(self, number: str, name: str, *, rings: int | None, plan: str, damaged: bool) -> None:
        self._require("idle")
        if plan not in CALLER_ID_PLANS:
            raise VerbRefusedError(f"caller_id {plan!r}: must be one of {', '.join(CALLER_ID_PLANS)}")
        if not number.isascii() or (rings is not None and rings < 1):
            raise VerbRefusedError("number must be ASCII, bursts at least 1")
        caller = Caller(self._profile, number, name, plan, damaged=damaged)
        self._note("incoming", number=number, name=name, plan=caller.plan, damaged=damaged)
        self._inbound, self._in_call, self._rings = True, True, 0
        self._enter("ringing")
        self._ringing = Ringing(
            self._timeline, self._tap, self._profile, caller, self._listener, self._note,
            rings=rings, on_given_up=self.stop_ringing, reverse=self.reverse_polarity,
        )  # fmt: skip

    def stop_ringing(self) -> None:
        self._require("ringing")
        self._stop_ringing()
        self._finish_call(seconds=0)
        self._normal_polarity()
        self._enter("idle")

    def answer(self) -> None:
        self._require("ringback", "routing")
        self._connect()

    def set_outcome(self, outcome: Outcome) -> None:
        """What routing ends in; when it has ended already, that is replaced now."""
        self._require("idle", "dial_tone", "dialling", "routing", "ringback", "busy", "congestion")
        self._outcome = outcome
        if self.state in {"ringback", "busy", "congestion"}:
            self._routed()

    def hang_up_far(self) -> None:
        self._require("talking", "ringback")
        self._note("far_end_hung_up")
        release = self._profile.release
        self._enter("released")
        if release.break_ms:
            self._later(100, lambda: self._set_open_loop(True))
            self._later(100 + release.break_ms, lambda: self._set_open_loop(False))
        self._later(100 + release.break_ms + release.delay_ms, lambda: self._play(release.tone))
        self._later(self._profile.timing.busy_before_howler_s * 1000, self.howler)

    def howler(self) -> None:
        if not self.off_hook:
            raise VerbRefusedError("the howler needs a lifted handset")
        self._enter("howler")
        self._play("howler")

    def reverse_polarity(self) -> None:
        self.reversed = not self.reversed
        self._note("polarity", reversed=self.reversed)
        self.tell_voltage()

    def colour_ring(self, music: Sound | None) -> None:
        self._music = music

    def cut(self, *, cut: bool) -> None:
        """The wires break, or are joined again: the exchange sees an open loop, and forgets the call."""
        if cut == self._cut:
            return
        self._cut = cut
        if self._ringing is not None:
            self._stop_ringing()
        if cut:
            self._enter("cut")
        elif self.off_hook:
            self._seize()
        else:
            self._finish_call(seconds=0)
            self._enter("idle")
        self.tell_voltage()

    # What the phone does

    def loop_closed(self) -> None:
        """Off-hook. A short break before it was a flash, a shorter one nothing, else a call begins."""
        self.off_hook = True
        self.tell_voltage()
        flash = self._break_timer
        self._break_timer = None
        if flash is not None and not flash.cancelled:
            flash.cancel()
            broken = self._timeline.head - self._on_hook_at
            if broken >= samples_of_ms(self._profile.hook.flash_min_ms):
                self._flashed()
            return
        self._lifted_at = self._timeline.head
        if self._cut:
            return
        if self.state == "ringing":
            self._stop_ringing()
            self._note("answered", inbound=True)
            self._enter("talking")
        else:
            self._inbound, self._in_call, self._rings = False, True, 0
            self._seize()

    def loop_opened(self) -> None:
        """On-hook: a flash if it is short, the end if it is not."""
        self.off_hook = False
        self._on_hook_at = self._timeline.head
        self.tell_voltage()
        limit_ms = self._profile.hook.flash_max_ms
        self._break_timer = self._timeline.after_ms(limit_ms, self._cleared)

    def digit(self, number: str, *, last: bool) -> None:
        """A digit has been heard; `number` is all of them so far."""
        if self.state == "dial_tone":
            self._enter("dialling")
        if self.state == "dialling" and last:
            self._enter("routing")
            self._listener.number_dialled(self._timeline.head, number)
            self._later(self._profile.timing.routed_after_ms, self._routed)

    @property
    def dial_tone_at(self) -> int:
        """Sample at which dial tone begins (or began), in state dial_tone."""
        return self._seized_at + samples_of_ms(self._profile.timing.dial_tone_after_ms)

    def tell_voltage(self) -> None:
        self._listener.voltage(self._timeline.head, self.millivolts)

    @property
    def millivolts(self) -> int:
        """Between the wires: negative when reversed."""
        if self._cut or self._open_loop:
            return 0
        volts = self._profile.voltages
        level = volts.off_hook_mv if self.off_hook else volts.on_hook_mv
        return -level if self.reversed else level

    # Inside

    def _seize(self) -> None:
        self._seized_at = self._timeline.head
        self._enter("dial_tone")
        timing = self._profile.timing
        self._later(timing.dial_tone_after_ms, lambda: self._play("dial"))
        self._later(timing.first_digit_s * 1000, self._timed_out)

    def _timed_out(self) -> None:
        self._enter("busy")
        self._play("busy")
        self._later(self._profile.timing.busy_before_howler_s * 1000, self.howler)

    def _routed(self) -> None:
        self._enter(self._outcome)
        if self._outcome == "ringback" and self._music is not None:
            self._play_voice(Voice(self._timeline.head, self._music, 0), "colour_ring")
        else:
            self._play(self._outcome)

    def _connect(self) -> None:
        self._note("answered", inbound=False)
        self._enter("talking")
        if self._answer_reversal:
            self.reverse_polarity()

    def _flashed(self) -> None:
        self._note("flash")
        self._listener.flash(self._timeline.head)
        if self.state == "talking" and not self.held:
            self.held = True
            self._note("held", held=True)
            self._outcome = "ringback"
            self._seize()
        elif self.held:
            self.held = False
            self._note("held", held=False)
            self._enter("talking")

    def _cleared(self) -> None:
        """On-hook for longer than any flash."""
        self._break_timer = None
        self._listener.cleared(self._timeline.head)
        if self.held and self.state in {"ringback", "talking"}:
            self._note("transferred")
        self.held = False
        seconds = (self._on_hook_at - self._lifted_at) // RATE_HZ
        self._finish_call(seconds=max(1, seconds))
        self._open_loop = False
        self._normal_polarity()
        self._enter("cut" if self._cut else "idle")

    def _normal_polarity(self) -> None:
        if self.reversed:
            self.reverse_polarity()

    def _finish_call(self, *, seconds: int) -> None:
        if self._in_call:
            self._in_call = False
            self._listener.call_ended(
                self._timeline.head, inbound=self._inbound, seconds=seconds, rings=self._rings
            )

    def _stop_ringing(self) -> None:
        if self._ringing is not None:
            self._rings = self._ringing.rings
            self._ringing.stop()
            self._ringing = None

    def _set_open_loop(self, open_loop: bool) -> None:
        self._open_loop = open_loop
        self._note("current_break", broken=open_loop)
        self.tell_voltage()

    def _enter(self, state: State) -> None:
        """Leave all that belongs to the old state: its tone and its time-outs."""
        for timer in self._pending:
            timer.cancel()
        self._pending.clear()
        self._stop_tone()
        self._open_loop = False
        if state == "idle":
            self._outcome = "ringback"
        if self.state == "talking" and state != "talking":
            self._tap.customer.clear()
        self.state = state
        self._note("line", state=state)
        self._on_state()

    def _later(self, milliseconds: float, action: Callable[[], None]) -> None:
        self._pending.append(self._timeline.after_ms(milliseconds, action))

    def _play(self, name: str) -> None:
        tone: Tone = getattr(self._profile.tones, name)
        self._play_voice(tone_voice(tone, self._timeline.head), name)

    def _play_voice(self, voice: Voice, name: str) -> None:
        self._stop_tone()
        self._tone = self._tap.tones.add(voice)
        self._note("tone", kind=name, on=True)

    def _stop_tone(self) -> None:
        if self._tone is not None:
            self._tap.tones.remove(self._tone)
            self._tone = None
            self._note("tone", kind="", on=False)

    def _require(self, *states: State) -> None:
        if self.state not in states:
            raise VerbRefusedError(f"the line is in state {self.state}; this needs {' or '.join(states)}")

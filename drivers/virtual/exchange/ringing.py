"""An incoming call until it is answered: bursts in their cadence, caller id where the network sends it."""

from collections.abc import Callable
from datetime import datetime

from config.lines import LineProfile, Tone
from drivers.virtual.exchange.listener import LineListener, Note
from drivers.virtual.signals import caller_id
from drivers.virtual.signals.tap import Tap
from drivers.virtual.signals.tones import ring_residue, tone_voice
from drivers.virtual.signals.voices import Sound, Voice
from drivers.virtual.timeline import Timeline, Timer, samples_of_ms

RESIDUE_PEAK = 0.008
"""-42 dBFS: the ringing voltage is heard at the tap, quietly."""
CALLER_ID_PLANS = ("profile", "fsk", "dtmf", "none")


class Caller:
    """Who calls, and how the network tells it."""

    def __init__(self, profile: LineProfile, number: str, name: str, plan: str, *, damaged: bool) -> None:
        self.number = number
        self.name = name
        self.checksum_ok = not damaged
        self._profile = profile.caller_id
        self.plan = "none" if not number else ("fsk" if plan == "profile" else plan)
        self.before_ring = self.plan == "dtmf" or (self.plan == "fsk" and self._profile.when == "before_ring")
        self._damaged = damaged

    def sound(self) -> Sound:
        if self.plan == "dtmf":
            return caller_id.dtmf_spill(self._profile, self.number)
        data = caller_id.with_checksum(
            caller_id.message(self._profile, self.number, self.name, datetime.now().astimezone())
        )
        return caller_id.fsk(self._profile, caller_id.damage(data, self.number) if self._damaged else data)


class Ringing:
    """Rings from the head on until `stop()`, or until so many rings are over: then `on_given_up`."""

    def __init__(
        self, timeline: Timeline, tap: Tap, profile: LineProfile, caller: Caller, listener: LineListener,
        note: Note, *, rings: int | None, on_given_up: Callable[[], None], reverse: Callable[[], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._tap = tap
        self._profile = profile
        self._caller = caller
        self._listener = listener
        self._note = note
        self._limit = rings
        self._on_given_up = on_given_up
        self._timers: list[Timer] = []
        self._burst: tuple[int, Voice] | None = None
        self._message: Voice | None = None
        self._told = False
        self.rings = 0
        if caller.before_ring:
            reverse()
            self._later(profile.caller_id.delay_ms, self._alert)
        else:
            self._ring()

    def stop(self) -> None:
        """Ring trip, or the caller gave up: everything planned is off, a burst or message ends now."""
        for timer in self._timers:
            timer.cancel()
        self._end_burst()
        self._end_message()

    def _later(self, milliseconds: float, action: Callable[[], None]) -> None:
        self._timers.append(self._timeline.after_ms(milliseconds, action))

    def _ring(self) -> None:
        """One ring: its bursts, then what belongs into the long pause, then the next."""
        self.rings += 1
        cadence = self._profile.ring.cadence_ms
        offset = 0
        for on_ms, off_ms in zip(cadence[::2], cadence[1::2], strict=True):
            self._later(offset, self._begin_burst)
            self._later(offset + on_ms, self._end_burst)
            offset += on_ms + off_ms
        ringing_ms = offset - cadence[-1]
        if self.rings == 1 and self._caller.plan != "none" and not self._caller.before_ring:
            self._later(ringing_ms + self._profile.caller_id.delay_ms, self._send_caller_id)
        if self.rings == 2 and not self._told:
            self._later(ringing_ms, self._tell_caller)
        if self._limit is not None and self.rings >= self._limit:
            self._later(offset, self._on_given_up)
        else:
            self._later(offset, self._ring)

    def _begin_burst(self) -> None:
        """The table is as long as the longest burst; ring trip removes it."""
        longest_ms = max(self._profile.ring.cadence_ms[::2])
        sound = ring_residue(self._profile.ring.frequency_hz, samples_of_ms(longest_ms), RESIDUE_PEAK)
        head = self._timeline.head
        self._burst = (head, self._tap.signals.add(Voice(head, sound)))
        self._note("ring", on=True, ring=self.rings)

    def _end_burst(self) -> None:
        if self._burst is None:
            return
        start, voice = self._burst
        self._burst = None
        self._tap.signals.remove(voice)
        head = self._timeline.head
        self._listener.ring_burst(head, (head - start) // 8, self.rings)
        self._note("ring", on=False, ring=self.rings)

    def _alert(self) -> None:
        """The alerting signal, where the network has one, then the message."""
        profile = self._profile.caller_id
        if self._caller.plan == "dtmf" or not profile.alert_ms:
            self._send_caller_id()
            return
        tone = Tone(profile.alert_frequencies_hz, profile.level_dbm0)
        self._message = self._tap.signals.add(tone_voice(tone, self._timeline.head))
        self._later(profile.alert_ms, self._end_message)
        self._later(profile.alert_ms + profile.alert_pause_ms, self._send_caller_id)

    def _send_caller_id(self) -> None:
        head = self._timeline.head
        sound = self._caller.sound()
        self._message = self._tap.signals.add(Voice(head, sound))
        self._note("caller_id", end_sample=head + len(sound), plan=self._caller.plan,
                   standard=self._profile.caller_id.standard, number=self._caller.number,
                   name=self._caller.name, checksum_ok=self._caller.checksum_ok)  # fmt: skip
        self._later(len(sound) / 8, self._tell_caller)
        if self._caller.before_ring:
            self._later(len(sound) / 8 + self._profile.caller_id.ring_after_ms, self._ring)

    def _end_message(self) -> None:
        if self._message is not None:
            self._tap.signals.remove(self._message)
            self._message = None

    def _tell_caller(self) -> None:
        self._told = True
        silent = self._caller.plan == "none"
        self._listener.caller_known(
            self._timeline.head,
            "" if silent else self._caller.number,
            "" if silent else self._caller.name,
            checksum_ok=self._caller.checksum_ok,
            rings=max(1, self.rings),
        )

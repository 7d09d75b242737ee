"""Everything that one channel's audio tells of a call: digits, caller id, tones, talk, outcome.

    analyser = LineAnalyser(line="cn")        # or None: the network is found from the tones
    for block in blocks: analyser.feed(block)
    analysis = analyser.finish()

All detectors run side by side on the same samples; what one knows corrects another here, and only here:
digits inside an FSK burst or of a howler are none, talk inside an FSK burst is none, and a steady tone that
ends under the first digit was dial tone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from firmware.line.blocks import SAMPLE_RATE_HZ, Block
from firmware.line.caller_id import CallerId, of_dtmf, of_fsk
from firmware.line.caller_id_dtmf import DtmfCallerIdReader
from firmware.line.dtmf import Digit, DtmfDetector
from firmware.line.fsk import FskEvent, FskReceiver
from firmware.line.levels import LevelMeter, Levels
from firmware.line.outcome import CallOutcome, outcome_of
from firmware.line.talk import Stretch, TalkDetector
from firmware.line.tone_frames import Framer, Frames
from firmware.line.tones import TONE_KEEP, Tone, ToneDetector, ToneEvent

MOST = 100_000  # events of a kind kept: a day of dialling; more is no call
UNDER_DIGIT = SAMPLE_RATE_HZ // 4  # from the end of dial tone to the digit that stopped it
HOWLER_DIGITS = 4  # * and # in turn, without end: a British howler


@dataclass(frozen=True, slots=True)
class Analysis:
    """Events in order of time, samples at 8 kHz. `line`: told, or found, or None. `lines`: those that fit."""

    samples: int
    line: str | None
    lines: tuple[str, ...]
    digits: tuple[Digit, ...]
    caller_id: tuple[CallerId, ...]
    tones: tuple[Tone, ...]
    stretches: tuple[Stretch, ...]
    outcome: CallOutcome | None
    levels: Levels


class LineAnalyser:
    """One channel of 8 kHz audio in blocks of any length."""

    def __init__(self, line: str | None = None) -> None:
        self._line = line
        self._samples = 0
        self._dtmf, self._fsk, self._talk = DtmfDetector(), FskReceiver(), TalkDetector()
        self._meter = LevelMeter()
        self._framer = Framer(TONE_KEEP)
        self._tone_detector = ToneDetector(line, tape=self._framer.tape)
        self._digits: list[Digit] = []
        self._messages: list[CallerId] = []
        self._tones: list[Tone] = []
        self._stretches: list[Stretch] = []

    def feed(self, samples: Block) -> None:
        self._samples += len(samples)
        self._meter.feed(samples)
        self._keep(self._dtmf.feed(samples), self._fsk.feed(samples))
        for frames in self._framer.feed(samples):
            self._frames(frames)

    def finish(self) -> Analysis:
        self._meter.finish()
        self._keep(self._dtmf.finish(), self._fsk.finish())
        for frames in self._framer.finish():  # with a silence behind that is no line's: for tones alone
            self._keep_tones(self._tone_detector.take(frames))
        self._keep_tones(self._tone_detector.finish())
        self._stretches += self._talk.finish()
        return self._analysis()

    def _keep(self, digits: list[Digit], messages: list[FskEvent]) -> None:
        self._digits = (self._digits + digits)[:MOST] if digits else self._digits
        self._messages = (self._messages + [of_fsk(message) for message in messages])[:MOST]

    def _frames(self, frames: Frames) -> None:
        self._keep_tones(self._tone_detector.take(frames))
        self._stretches = (self._stretches + self._talk.take(frames))[:MOST]

    def _keep_tones(self, events: list[ToneEvent]) -> None:
        self._tones = (self._tones + [event for event in events if isinstance(event, Tone)])[:MOST]

    def _analysis(self) -> Analysis:
        messages = self._messages
        stretches = [one for one in self._stretches if not _within(one, messages)]
        digits = [one for one in self._digits if not _within(one, messages)]
        sent = _sent_as_digits(digits, [one for one in stretches if one.kind == "ring"])
        tones = [_dial_under_digit(tone, digits) for tone in self._tones]
        lines = _lines(tones)
        return Analysis(
            samples=self._samples,
            line=self._line or (lines[0] if len(lines) == 1 else None),
            lines=(self._line,) if self._line else lines,
            digits=tuple(_not_howled(digits)),
            caller_id=tuple(sorted([*messages, *sent], key=lambda one: one.start_sample)),
            tones=tuple(tones),
            stretches=tuple(stretches),
            outcome=outcome_of(tones, stretches, self._samples),
            levels=self._meter.levels(),
        )


def _within(one: Digit | Stretch, messages: Sequence[CallerId]) -> bool:
    """Most of it lies within an FSK message, or in the seizure and mark before it."""
    middle = (one.start_sample + one.end_sample) // 2
    lead = SAMPLE_RATE_HZ // 2
    return any(message.start_sample - lead <= middle <= message.end_sample for message in messages)


def _sent_as_digits(digits: Sequence[Digit], rings: Sequence[Stretch]) -> list[CallerId]:
    """Caller id by DTMF, from digits and rings in order of time."""
    reader = DtmfCallerIdReader()
    found = []
    both: list[Digit | Stretch] = [*digits, *rings]
    for one in sorted(both, key=lambda one: one.start_sample):
        if isinstance(one, Digit):
            found += reader.digit(one)
        else:
            found += reader.ring(one.start_sample, one.end_sample)
    return [of_dtmf(event) for event in found + reader.finish()]


def _dial_under_digit(tone: Tone, digits: Sequence[Digit]) -> Tone:
    """A lone burst that stops where the first digit starts was dial tone, however short."""
    lone = tone.kind == "ringback" and tone.bursts == 1
    under = any(-UNDER_DIGIT <= digit.start_sample - tone.end_sample <= UNDER_DIGIT for digit in digits)
    return replace(tone, kind="dial", cut=False) if lone and under else tone


def _not_howled(digits: Sequence[Digit]) -> list[Digit]:
    """Without * and # that alternate: some howlers play them."""
    kept: list[Digit] = []
    turn: list[Digit] = []
    for digit in [*digits, None]:
        if digit is not None and digit.digit in "*#" and (not turn or turn[-1].digit != digit.digit):
            turn.append(digit)
            continue
        kept += turn if len(turn) < HOWLER_DIGITS else []
        turn = []
        if digit is not None:
            turn = [digit] if digit.digit in "*#" else []
            kept += [] if turn else [digit]
    return kept


def _lines(tones: Sequence[Tone]) -> tuple[str, ...]:
    """The networks that most tones fit, weighed by confidence."""
    votes: Counter[str] = Counter()
    for tone in tones:
        votes.update(dict.fromkeys(tone.networks, tone.confidence))
    best = max(votes.values(), default=0)
    return tuple(sorted(name for name, count in votes.items() if count == best))

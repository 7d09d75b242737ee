"""What became of a call, from its tones, its talk and its rings. Pure; samples at 8 kHz.

Rules, first that holds, with their confidence in thousandths:
1. Talk after the last ringback: answered, when ringback ended if its last burst was cut short, else when talk
   began.
2. A last burst of ringback cut short and the line open behind it: answered, though nobody has spoken yet.
3. Ringback and then busy or congestion: that; after 40 s of ringing: no answer, for the exchange gave up.
4. Ringback alone: no answer.
5. Talk of a second or more before busy, congestion or dial tone: answered, and the far end has gone.
6. Busy, congestion, unobtainable: that.
7. It rang here: answered if somebody talked behind the last burst, else no answer.
8. Talk and no tone of the network behind the dial tone: answered (a colour ring hides when).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from firmware.line.blocks import SAMPLE_RATE_HZ
from firmware.line.talk import Stretch
from firmware.line.tones import Tone

Outcome = Literal["answered", "busy", "no_answer", "congestion", "unobtainable"]
Evidence = Literal["speech_after_ringback", "ringback_cut", "speech", "tone", "ringback", "rings"]
REFUSALS = ("busy", "congestion", "unobtainable")
TALK_MIN_S = 0.3
TALKED_S = 1.0
OPEN_S = 0.5  # of line behind a burst that was cut
GIVEN_UP_S = 40.0


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """`answered_sample`, `released_sample`: None where not known, or not so. `released`: by the far end."""

    outcome: Outcome
    evidence: Evidence
    confidence: int
    answered_sample: int | None = None
    released_sample: int | None = None


def outcome_of(tones: Sequence[Tone], stretches: Sequence[Stretch], end_sample: int) -> CallOutcome | None:
    """None: nothing happened that has an outcome."""
    talk = [one for one in stretches if one.kind == "talk" and _seconds(one) >= TALK_MIN_S]
    rings = [one for one in stretches if one.kind == "ring"]
    ringback = [tone for tone in tones if tone.kind == "ringback"]
    refusal = next((tone for tone in tones if tone.kind in REFUSALS), None)
    if ringback:
        return _after_ringback(ringback, talk, tones, end_sample)
    if rings and (refusal is None or rings[-1].end_sample < refusal.start_sample):
        return _incoming(rings, talk, tones)
    if refusal is not None:
        before = [one for one in talk if one.start_sample < refusal.start_sample]
        talked = sum(min(one.end_sample, refusal.start_sample) - one.start_sample for one in before)
        if talked >= TALKED_S * SAMPLE_RATE_HZ:
            return CallOutcome("answered", "speech", 700, before[0].start_sample, refusal.start_sample)
        return CallOutcome(_kind(refusal), "tone", refusal.confidence)
    dial_end = max((tone.end_sample for tone in tones if tone.kind == "dial"), default=0)
    behind = [one for one in talk if one.end_sample > dial_end]
    if not behind:
        return _released_to_dial_tone(talk, tones)
    return CallOutcome(
        "answered", "speech", 600, max(dial_end, behind[0].start_sample), _released(tones, behind[0])
    )


def _after_ringback(
    ringback: Sequence[Tone], talk: Sequence[Stretch], tones: Sequence[Tone], end_sample: int
) -> CallOutcome:
    last = ringback[-1]
    behind = [one for one in talk if one.end_sample > last.end_sample + round(TALK_MIN_S * SAMPLE_RATE_HZ)]
    refusal = next(
        (tone for tone in tones if tone.kind in REFUSALS and tone.start_sample >= last.end_sample), None
    )
    if behind and (refusal is None or behind[0].start_sample < refusal.start_sample):
        at = last.end_sample if last.cut else max(last.end_sample, behind[0].start_sample)
        return CallOutcome("answered", "speech_after_ringback", 950, at, _released(tones, behind[0]))
    if refusal is not None:
        ringing_s = (refusal.start_sample - ringback[0].start_sample) / SAMPLE_RATE_HZ
        if ringing_s >= GIVEN_UP_S:
            return CallOutcome("no_answer", "ringback", 800)
        return CallOutcome(_kind(refusal), "tone", refusal.confidence)
    if last.cut and end_sample - last.end_sample >= OPEN_S * SAMPLE_RATE_HZ:
        return CallOutcome("answered", "ringback_cut", 600, last.end_sample)
    return CallOutcome("no_answer", "ringback", last.confidence)


def _incoming(rings: Sequence[Stretch], talk: Sequence[Stretch], tones: Sequence[Tone]) -> CallOutcome:
    behind = [one for one in talk if one.end_sample > rings[-1].end_sample]
    if not behind:
        return CallOutcome("no_answer", "rings", 800)
    at = max(rings[-1].end_sample, behind[0].start_sample)
    return CallOutcome("answered", "speech", 800, at, _released(tones, behind[0]))


def _released_to_dial_tone(talk: Sequence[Stretch], tones: Sequence[Tone]) -> CallOutcome | None:
    """A talk whose far end hung up, and the exchange gave dial tone again."""
    dial = next((tone for tone in tones if tone.kind == "dial"), None)
    if dial is None or sum(map(_seconds, talk)) < TALKED_S:
        return None
    return CallOutcome("answered", "speech", 600, talk[0].start_sample, dial.start_sample)


def _released(tones: Sequence[Tone], talk: Stretch) -> int | None:
    """The first tone of the exchange after talk began."""
    kinds = (*REFUSALS, "dial")
    return next(
        (one.start_sample for one in tones if one.kind in kinds and one.start_sample > talk.start_sample),
        None,
    )


def _kind(tone: Tone) -> Outcome:
    if tone.kind == "busy":
        return "busy"
    return "congestion" if tone.kind == "congestion" else "unobtainable"


def _seconds(stretch: Stretch) -> float:
    return (stretch.end_sample - stretch.start_sample) / SAMPLE_RATE_HZ

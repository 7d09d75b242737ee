"""Call-progress tones: dial, ringback, busy, congestion, unobtainable, howler.

Theory. `tone_frames` says each 10 ms how much of the spectrum is in two lines; `tone_bursts` follows such
lines from rise to fall and measures them over the whole burst, so that 413 + 438 Hz, 400 Hz modulated by
25 Hz and 425 Hz are told apart; `tone_trains` finds the cadence that the bursts keep. A tone is heard when
its cadence is known, and ended when nothing of it came for longer than the longest pause. Told the network,
only its tones count; else those of all, and the network is the one whose tones fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from config.lines import line_names, load_line
from firmware.line.blocks import SAMPLE_RATE_HZ, Block, Tape
from firmware.line.tone_bursts import Burst, BurstFinder, Steady, dbfs
from firmware.line.tone_frames import Framer, Frames
from firmware.line.tone_patterns import SIT_HZ, SIT_NEAR_HZ, Fits, Kind, patterns_of
from firmware.line.tone_trains import Run, gap_ms, runs_of

TONE_KEEP = 12000  # samples behind a burst's end that measuring may ask for
TRAIN_MAX = 96  # bursts judged together; more are judged in parts
PAUSE_S = 4.8  # the longest pause, 4 s, and 20 %
SIT_PAUSE_MS = 120.0
SIT_MS = (200.0, 460.0)
FULL_CONFIDENCE = 4  # cadence elements that agree
SURE = 900  # by its lines and length alone


@dataclass(frozen=True, slots=True)
class ToneBegun:
    """A steady tone goes on for 300 ms: `kinds`, likeliest first, is what it may become. Samples."""

    start_sample: int
    at_sample: int
    kinds: tuple[Kind, ...]
    networks: tuple[str, ...]
    hz: tuple[float, ...]
    level_dbfs: float


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """The cadence is known; the tone may go on."""

    start_sample: int
    at_sample: int
    kind: Kind
    networks: tuple[str, ...]
    confidence: int


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone from its first rise to its last fall. `cut`: its last burst was shorter than its cadence says.

    `share`: purity, the part of the power from 200 to 1000 Hz that is in its lines. Confidence: thousandths.
    """

    start_sample: int
    end_sample: int
    kind: Kind
    networks: tuple[str, ...]
    hz: tuple[float, ...]
    modulation_hz: float
    level_dbfs: float
    share: float
    bursts: int
    cut: bool
    confidence: int


ToneEvent = ToneBegun | ToneHeard | Tone


class ToneDetector:
    """One channel of 8 kHz audio. `line`: name of its network, or None for all that are known.

    Who makes the frames elsewhere gives their tape, feeds them to `take`, and calls `finish` behind the last.
    """

    def __init__(self, line: str | None = None, *, tape: Tape | None = None) -> None:
        names = line_names() if line is None else (line,)
        self._fits = Fits(patterns_of(tuple((name, load_line(name)) for name in names)))
        self._framer = Framer(TONE_KEEP)
        self._finder = BurstFinder(tape or self._framer.tape)
        self._train: list[Burst] = []
        self._heard: set[tuple[int, Kind]] = set()

    def feed(self, samples: Block) -> list[ToneEvent]:
        return [event for frames in self._framer.feed(samples) for event in self.take(frames)]

    def finish(self) -> list[ToneEvent]:
        events = [event for frames in self._framer.finish() for event in self.take(frames)]
        for burst in self._finder.finish():
            events += self._found(burst)
        return events + self._close()

    def take(self, frames: Frames) -> list[ToneEvent]:
        """Frames made elsewhere from the same samples, in order."""
        events: list[ToneEvent] = []
        for found in self._finder.take(frames):
            events += self._found(found)
        waiting = self._train and self._finder.sounding_since is None
        if waiting and frames.first - self._train[-1].end > PAUSE_S * SAMPLE_RATE_HZ:
            events += self._close()
        return events

    def _found(self, found: Burst | Steady) -> list[ToneEvent]:
        if isinstance(found, Steady):
            return self._begun(found)
        closed: list[ToneEvent] = []
        late = bool(self._train) and gap_ms(self._train[-1], found) > PAUSE_S * 1000
        if late or len(self._train) >= TRAIN_MAX:
            closed = self._close()
        if not (found.howl or self._fits(found.lines) or _may_be_special(found)):
            return closed
        self._train.append(found)
        return closed + self._hear()

    def _begun(self, found: Steady) -> list[ToneEvent]:
        fits = self._fits(found.lines)
        if not fits:
            return []
        order: tuple[Kind, ...] = ("dial", "unobtainable", "ringback", "congestion", "busy", "howler")
        kinds = tuple(kind for kind in order if any(pattern.kind == kind for pattern, _ in fits))
        networks = tuple(dict.fromkeys(pattern.network for pattern, _ in fits))
        return [ToneBegun(found.start, found.at, kinds, networks, found.lines.hz, dbfs(found.level))]

    def _hear(self) -> list[ToneEvent]:
        """What the last burst has made known."""
        events: list[ToneEvent] = []
        for run in runs_of(self._train, self._fits):
            start = self._train[run.first].start
            if (
                run.last == len(self._train) - 1
                and not run.cut
                and (start, run.pattern.kind) not in self._heard
            ):
                self._heard.add((start, run.pattern.kind))
                at = self._train[-1].end
                events.append(
                    ToneHeard(start, at, run.pattern.kind, (run.pattern.network,), _confidence(run))
                )
        return events

    def _close(self) -> list[ToneEvent]:
        train, self._train, self._heard = self._train, [], set()
        runs = runs_of(train, self._fits)
        found: list[Tone] = [_tone(run, train, self._fits) for run in runs]
        taken = {index for run in runs for index in range(run.first, run.last + 1)}
        found += _special([burst for index, burst in enumerate(train) if index not in taken])
        return sorted(found, key=lambda tone: tone.start_sample)


def _tone(run: Run, train: Sequence[Burst], fits: Fits) -> Tone:
    bursts = train[run.first : run.last + 1]
    clearest = max(bursts, key=lambda burst: burst.end - burst.start)
    same = [
        pattern.network
        for pattern, _ in fits(clearest.lines)
        if (pattern.kind, pattern.cadence_ms) == (run.pattern.kind, run.pattern.cadence_ms)
    ]
    networks = tuple(dict.fromkeys([run.pattern.network, *same]))
    return Tone(
        start_sample=max(0, bursts[0].start),
        end_sample=bursts[-1].end,
        kind=run.pattern.kind,
        networks=networks,
        hz=tuple(round(hertz, 1) for hertz in clearest.lines.hz),
        modulation_hz=round(clearest.lines.modulation_hz, 1),
        level_dbfs=dbfs(clearest.level),
        share=round(clearest.lines.share, 4),
        bursts=len(bursts),
        cut=run.cut,
        confidence=_confidence(run),
    )


def _confidence(run: Run) -> int:
    if not run.pattern.cadence_ms:
        return SURE
    return 500 + 500 * min(run.full + run.gaps, FULL_CONFIDENCE) // FULL_CONFIDENCE


def _special(bursts: Sequence[Burst]) -> list[Tone]:
    """Special information tones (ITU-T E.180): three in a row, rising; the howler of four tones."""
    found = []
    for at in range(len(bursts) - 2):
        three = bursts[at : at + 3]
        near = all(
            abs(burst.lines.hz[0] - hertz) <= SIT_NEAR_HZ for burst, hertz in zip(three, SIT_HZ, strict=True)
        )
        close = all(gap_ms(a, b) <= SIT_PAUSE_MS for a, b in pairwise(three))
        if near and close and all(SIT_MS[0] <= burst.length_ms <= SIT_MS[1] for burst in three):
            found.append(_plain("unobtainable", three, SIT_HZ))
    howls = [burst for burst in bursts if burst.howl]
    if len(howls) >= 4:
        found.append(_plain("howler", howls, ()))
    return found


def _may_be_special(burst: Burst) -> bool:
    return any(abs(burst.lines.hz[0] - hertz) <= SIT_NEAR_HZ for hertz in SIT_HZ)


def _plain(kind: Kind, bursts: Sequence[Burst], hz: tuple[float, ...]) -> Tone:
    level, share = bursts[0].level, min(burst.lines.share for burst in bursts)
    return Tone(
        max(0, bursts[0].start),
        bursts[-1].end,
        kind,
        (),
        hz,
        0.0,
        dbfs(level),
        round(share, 4),
        len(bursts),
        False,
        SURE,
    )

"""DTMF digits (ITU-T Q.23, Q.24) of one channel, block by block.

    detector = DtmfDetector()
    for digit in detector.feed(samples): ...
    detector.finish()

Frames of 20 ms each 10 ms say where a pair of tones may be (dtmf_frames); a run of such frames that has ended
is measured each 1 ms (dtmf_fine, dtmf_purity) and judged (dtmf_judge). A digit is told 35 ms after its end at
the latest. What is told does not depend on how the samples were cut into blocks.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from firmware.line import dtmf_purity
from firmware.line.blocks import Block, Tape, pieces
from firmware.line.dtmf_fine import Stretch, stretches
from firmware.line.dtmf_frames import FRAME, HIGH_HZ, HOP, LOW_HZ, look
from firmware.line.dtmf_judge import DIGITS, PICKED, Features, confidence, features, points, within_limits
from firmware.line.dtmf_steady import steady_part

QUIET_FRAMES = 2  # a run ends so many frames without its pair: 10 ms breaks go through, 30 ms pauses do not
FRAMES_MIN = 3  # 26 ms fill so many; voices hit a pair for two frames more often than for all others
FADED = 10**-1.4  # of the run's power: what is left of a tone within a break
LONG_FRAMES = 32  # a tone that goes on is judged by its first 320 ms, then followed
TAIL_FRAMES = 16
OPEN_FRAMES = 10  # a tone that frames no longer see, but that goes on, is followed so long
BEFORE = 200  # samples in front of the first frame that are looked at, to see the tone begin
KEEP = (LONG_FRAMES + OPEN_FRAMES + 8) * HOP + 4 * FRAME
EARLIER = (0, 480, 960)  # further back when the tone began before


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit: 0 to 9, *, #, A to D. Samples at 8 kHz, to about 1 ms.

    level_dbfs: of the weaker tone, full-scale sine 0. twist_db: high tone over low. confidence: thousandths.
    """

    digit: str = field(repr=False)
    start_sample: int
    end_sample: int
    level_dbfs: float
    twist_db: float
    confidence: int


@dataclass(slots=True)
class _Run:
    """Frames in which one pair was seen. `due`: frame after which it is looked at closely.

    `followed`: it is long and its head has been judged; `began`: where, None if that was no digit.
    """

    first: int
    last: int
    due: int
    power: float
    frames: int = 1
    followed: bool = False
    began: float | None = None


class DtmfDetector:
    """One channel. Memory: the last second."""

    def __init__(self) -> None:
        self._tape = Tape(KEEP)
        self._frame = 0  # the next one to look at
        self._runs: dict[int, _Run] = {}
        self._told_until = 0.0

    def feed(self, samples: Block) -> list[Digit]:
        """Digits that ended, in order. ValueError, TypeError: not one channel of int16 or float samples."""
        told: list[Digit] = []
        for piece in pieces(samples):
            self._tape.append(piece)
            told += self._advance()
        return told

    def finish(self) -> list[Digit]:
        """The last digit, if the samples ended within it or right behind. The detector is used up."""
        end = self._tape.end
        told = self.feed(np.zeros(FRAME + (QUIET_FRAMES + OPEN_FRAMES) * HOP, np.float32))
        return [
            replace(digit, end_sample=min(end, digit.end_sample))
            for digit in told
            if digit.start_sample < end
        ]

    def _advance(self) -> list[Digit]:
        count = (self._tape.end - FRAME) // HOP + 1 - self._frame
        if count <= 0:
            return []
        first, self._frame = self._frame, self._frame + count
        coarse = look(self._tape.read(first * HOP, (self._frame - 1) * HOP + FRAME))
        hits = np.flatnonzero(coarse.digit >= 0)
        told: list[Digit] = []
        for at, digit, power in zip(
            hits.tolist(), coarse.digit[hits].tolist(), coarse.power[hits].tolist(), strict=True
        ):
            told += self._close(first + at)
            told += self._hit(first + at, digit, power)
        return told + self._close(self._frame)

    def _hit(self, frame: int, digit: int, power: float) -> list[Digit]:
        run = self._runs.get(digit)
        if run is None:
            self._runs[digit] = _Run(frame, frame, frame + QUIET_FRAMES, power)
            return []
        if power < run.power * FADED:
            return []
        run.last, run.due, run.frames = frame, frame + QUIET_FRAMES, run.frames + 1
        run.power = max(run.power, power)
        if frame - run.first < LONG_FRAMES:
            return []
        told = self._examine(digit, run, frame)
        run.first = frame - TAIL_FRAMES
        return told

    def _close(self, before: int) -> list[Digit]:
        """Look at the runs that were due before that frame."""
        told: list[Digit] = []
        while due := [(run.due, digit) for digit, run in self._runs.items() if run.due < before]:
            frame, digit = min(due)
            run = self._runs[digit]
            told += self._examine(digit, run, frame) if run.frames >= FRAMES_MIN else []
            if run.due == frame:
                del self._runs[digit]
        return told

    def _examine(self, digit: int, run: _Run, frame: int) -> list[Digit]:
        """Measure the run up to the end of that frame; tell what has ended, keep what goes on."""
        begin, found = self._measure(digit, run, frame)
        told: list[Digit] = []
        for stretch in found:
            seen = run.began if stretch.open_start and run.followed else begin + stretch.start
            if stretch.open_end and frame - run.last < OPEN_FRAMES:
                run.due = max(run.due, frame + QUIET_FRAMES)
                if frame - run.first >= LONG_FRAMES and not run.followed:
                    run.began = seen if self._judge(digit, stretch, begin, begin + stretch.start) else None
                    run.followed = True
            elif seen is not None and (seen + begin + stretch.end) / 2 > self._told_until:
                told += self._judge(digit, stretch, begin, seen)
        self._told_until = max([self._told_until, *(float(one.end_sample) for one in told)])
        return told

    def _measure(self, digit: int, run: _Run, frame: int) -> tuple[int, list[Stretch]]:
        """Sample that the measuring began at, and the stretches in which both tones sound."""
        for earlier in EARLIER:
            begin = max(0, run.first * HOP - BEFORE - earlier)
            samples = self._tape.read(begin, frame * HOP + FRAME)
            core = slice(run.first * HOP + HOP - begin, run.last * HOP + HOP - begin)
            found = stretches(samples, LOW_HZ[digit // 4], HIGH_HZ[digit % 4], core)
            if run.followed or begin == 0 or not found or not found[0].open_start:
                break
        return begin, found

    def _judge(self, digit: int, stretch: Stretch, begin: int, start: float) -> list[Digit]:
        """The digit that began at `start`, or nothing."""
        seen = features(stretch, digit)
        if not within_limits(seen):
            return []
        sure = confidence(digit, self._evidence(seen, stretch, begin))
        if not sure and not stretch.open_start:
            samples = self._tape.read(begin, round(begin + stretch.end) + HOP)
            part = steady_part(samples, stretch, LOW_HZ[digit // 4], HIGH_HZ[digit % 4])
            if part is not None and within_limits(seen := features(part, digit)):
                sure = confidence(digit, self._evidence(seen, part, begin) - PICKED)
                stretch, start = part, begin + part.start
        if not sure:
            return []
        return [
            Digit(
                digit=DIGITS[digit],
                start_sample=max(0, round(start)),
                end_sample=round(begin + stretch.end),
                level_dbfs=round(seen.level_dbfs, 1),
                twist_db=round(seen.twist_db, 1),
                confidence=sure,
            )
        ]

    def _evidence(self, seen: Features, stretch: Stretch, begin: int) -> float:
        sound = self._tape.read(begin + max(0, round(stretch.start)), begin + round(stretch.end))
        return points(seen, stretch, dtmf_purity.measure(sound, stretch.low.hz, stretch.high.hz))

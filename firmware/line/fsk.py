"""Caller-id messages in FSK: Bell 202 and ITU-T V.23, told apart by themselves.

Theory. Frames of 50 ms that may hold FSK (`fsk_gate`) are demodulated under six hypotheses
(`fsk_demodulate`): standard and slope of the line. While the carrier lasts, each hypothesis is read from the
first long mark on, the one whose waveforms fit best first. A message counts only if its checksum and
structure hold and it was not scraped from noise; what began as a message and never came to hold is reported
as damaged, with its bytes, when the carrier ends.
"""

import math
from dataclasses import dataclass

import numpy as np

from firmware.line.blocks import Block, Samples, Tape, pieces
from firmware.line.caller_id_message import Message
from firmware.line.fsk_demodulate import EDGE, HYPOTHESES, Standard, demodulate, fit_of
from firmware.line.fsk_gate import FRAME, may_be_fsk
from firmware.line.fsk_read import Verdict, judge

QUIET_FRAMES = 3  # without carrier: the burst is over
OPEN_FRAMES = 2  # with carrier: a burst; the shortest message with its mark is 170 ms
LEAD_FRAMES = 3  # demodulated from before the first that passed the gate
LONGEST = 8 * 8000  # 255 bytes with 20 mark bits after each, and what leads in: 6.6 s
FIT_MIN = 0.50  # of the power is what a three-bit waveform explains, in a frame that counts


@dataclass(frozen=True, slots=True)
class FskMessage:
    """A message whose checksum holds. Samples; `level_dbfs`: RMS of the carrier; confidence: thousandths."""

    start_sample: int
    end_sample: int
    standard: Standard
    message: Message
    level_dbfs: float
    confidence: int


@dataclass(frozen=True, slots=True)
class FskDamaged:
    """A message that came damaged or was cut off: its bytes as they were read, never a number."""

    start_sample: int
    end_sample: int
    standard: Standard
    raw: bytes
    level_dbfs: float
    confidence: int


FskEvent = FskMessage | FskDamaged


class FskReceiver:
    """One channel of 8 kHz audio in blocks of any length."""

    def __init__(self) -> None:
        self._tape = Tape(FRAME * (LEAD_FRAMES + 2) + 4 * EDGE)
        self._next = 0
        self._seen = 0
        self._burst: _Burst | None = None

    def feed(self, samples: Block) -> list[FskEvent]:
        """Events of the frames that these samples complete."""
        events: list[FskEvent] = []
        for piece in pieces(samples):
            self._tape.append(piece)
            events += self._frames((self._tape.end - self._next) // FRAME)
        return events

    def finish(self) -> list[FskEvent]:
        """The stream ends: what is open is judged as it stands."""
        if self._burst is None:
            return []
        left = self._tape.end - self._next
        self._tape.append(np.zeros(FRAME - left + FRAME, np.float32))
        events = self._frames(2)
        return events + (self._burst.finish() if self._burst else [])

    def _frames(self, count: int) -> list[FskEvent]:
        if count < 1:
            return []
        samples = self._tape.read(self._next, self._next + count * FRAME)
        events: list[FskEvent] = []
        for may in may_be_fsk(samples.reshape(count, FRAME)).tolist():
            if may or self._burst is not None:
                events += self._frame(self._next, may=may)
            else:
                self._seen = 0
            self._next += FRAME
        return events

    def _frame(self, first: int, *, may: bool) -> list[FskEvent]:
        active = may and fit_of(self._tape.read(first - EDGE, first + FRAME)) >= FIT_MIN
        if self._burst is None:
            self._seen = self._seen + 1 if active else 0
            if self._seen < OPEN_FRAMES:
                return []
            self._burst = _Burst(max(0, first - LEAD_FRAMES * FRAME))
        events = self._burst.take(self._tape.read(self._burst.end - EDGE, first + FRAME), active=active)
        if self._burst.over:
            events += self._burst.finish()
            self._burst, self._seen = None, 0
        return events


class _Burst:
    """One carrier: soft bits since `start`, and what has been read from them."""

    def __init__(self, start: int) -> None:
        self.start = start + EDGE
        self._bits = np.zeros((len(HYPOTHESES), 0), np.float32)
        self._fit = np.zeros((len(HYPOTHESES), 0), np.float32)
        self._power = np.zeros(0, np.float32)
        self._quiet = 0
        self._read_to = 0
        self._told = False

    @property
    def end(self) -> int:
        return self.start + self._bits.shape[1]

    @property
    def over(self) -> bool:
        return self._quiet >= QUIET_FRAMES or self._bits.shape[1] > LONGEST

    def take(self, samples: Samples, *, active: bool) -> list[FskEvent]:
        """The next samples, from EDGE before `end` on."""
        soft = demodulate(samples)
        self._bits = np.concatenate([self._bits, soft.bits], axis=1)
        self._fit = np.concatenate([self._fit, soft.fit], axis=1)
        self._power = np.concatenate([self._power, soft.power])
        self._quiet = 0 if active else self._quiet + 1
        return self._judge(ended=False)

    def finish(self) -> list[FskEvent]:
        return self._judge(ended=True)

    def _judge(self, *, ended: bool) -> list[FskEvent]:
        verdict = judge(self._bits, self._fit, self._read_to, ended=ended)
        if verdict is None or (verdict.message is None and self._told):
            return []
        self._told, self._read_to = True, verdict.reading.end
        return [self._event(verdict)]

    def _event(self, verdict: Verdict) -> FskEvent:
        reading = verdict.reading
        start, end = self.start + reading.start, self.start + reading.end
        standard = HYPOTHESES[reading.hypothesis].standard
        power = float(self._power[reading.start : max(reading.end, reading.start + 1)].mean())
        common = (round(10 * math.log10(power + 1e-12), 1), round(1000 * reading.fit))
        if verdict.message is None:
            return FskDamaged(start, end, standard, reading.raw, *common)
        return FskMessage(start, end, standard, verdict.message, *common)

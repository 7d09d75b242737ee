"""From soft bits of a whole carrier to one verdict: a message that holds, a damaged one, or nothing yet."""

from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from firmware.line.caller_id_message import KINDS, Message, parse_message
from firmware.line.fsk_bytes import Byte, mark_before, read_bytes, seizure_bits, starts
from firmware.line.fsk_demodulate import BIT, Floats

STARTS_TRIED = 4
MOST_BYTES = 258
SEIZURE_BITS = 40  # of 0101… before bytes are no speech
SURE_BITS = 100  # nor are these, whatever follows
MARK_BITS = 40  # nor is so much of mark before a known type
FRAMED_MIN = 3
USUAL_PERCENTILE = 80  # of the soft bits' size: the carrier's
GONE = 0.35  # of that
FIT_MIN = 0.45
TRUST_MIN = 0.555  # SNR 3 dB; below, one message in 60 whose sum holds is wrong
WEAK_MARGIN = 0.12  # of the mean soft bit: such a bit may be wrong
WEAK_MAX = (
    1  # a byte sum passes one message in 16 that has two bits wrong: more than one weak byte is no proof
)
LONG_MARK = round(15 * BIT)


@dataclass(frozen=True, slots=True)
class Reading:
    """Bytes under one hypothesis; samples since the carrier's beginning. `fit`: of the waveforms, 0 to 1."""

    hypothesis: int
    start: int
    end: int
    read: tuple[Byte, ...]
    fit: float

    @property
    def raw(self) -> bytes:
        return bytes(byte.value for byte in self.read)

    @property
    def needed(self) -> int:
        """Bytes that the length byte announces, checksum included."""
        return self.read[1].value + 3 if len(self.read) > 1 else MOST_BYTES

    @property
    def whole(self) -> bool:
        return len(self.read) >= self.needed

    @property
    def trusted(self) -> bool:
        """Framed throughout, and at most one byte with a bit that noise may have turned."""
        weak = sum(byte.margin < WEAK_MARGIN for byte in self.read)
        return self.fit >= TRUST_MIN and weak <= WEAK_MAX and all(byte.framed for byte in self.read)


@dataclass(frozen=True, slots=True)
class Verdict:
    reading: Reading
    message: Message | None


def judge(bits: Floats, fit: Floats, first: int, *, ended: bool) -> Verdict | None:
    """What the carrier says from sample `first` on; `ended`: nothing will follow."""
    if bits.shape[1] - first < LONG_MARK:
        return None
    best_first = np.argsort(-fit[:, first:].mean(axis=1), kind="stable")
    best = int(best_first[0])
    readings = _read(bits[best], fit[best], first, best, ended=ended)
    if verdict := _holds(readings):
        return verdict
    if not ended and not any(reading.whole for reading in readings):
        return None
    for hypothesis in best_first[1:]:
        readings += _read(bits[hypothesis], fit[hypothesis], first, int(hypothesis), ended=ended)
    return _holds(readings) or (_damaged(bits[best], readings, first) if ended else None)


def _holds(readings: list[Reading]) -> Verdict | None:
    """The message that checks; none where two hypotheses check with different bytes."""
    held = [
        (reading, parse_message(reading.raw)) for reading in readings if reading.whole and reading.trusted
    ]
    good = [(reading, message) for reading, message in held if message is not None]
    if len({reading.raw for reading, _ in good}) != 1:
        return None
    return Verdict(*max(good, key=lambda pair: pair[0].fit))


def _read(bits: Floats, fit: Floats, first: int, hypothesis: int, *, ended: bool) -> list[Reading]:
    """What can be read from each start; before the carrier's end only what can be whole by now."""
    readings = []
    for start in starts(bits, first)[:STARTS_TRIED]:
        if not ended and not _may_be_whole(bits, int(start)):
            continue
        found = read_bytes(bits, int(start), MOST_BYTES)
        if len(found) > 1:
            found = found[: found[1].value + 3]
        if found:
            end = min(round(found[-1].end), len(fit))
            mean_fit = float(fit[int(start) : end].mean())
            readings.append(Reading(hypothesis, int(start), end, tuple(found), mean_fit))
    return readings


def _may_be_whole(bits: Floats, start: int) -> bool:
    head = read_bytes(bits, start, 2)
    return len(head) == 2 and start + (head[1].value + 3) * 10 * BIT <= len(bits)


def _damaged(bits: Floats, readings: list[Reading], first: int) -> Verdict | None:
    """A message surely began: its seizure or its mark and type are there, and bytes behind."""
    seized = seizure_bits(bits[first:])
    for reading in readings:
        framed = sum(byte.framed for byte in reading.read)
        known = reading.read[0].value in KINDS and mark_before(bits, reading.start) >= MARK_BITS
        clear = reading.fit >= FIT_MIN and framed >= max(FRAMED_MIN, 0.5 * len(reading.read))
        if seized >= SURE_BITS or (clear and (seized >= SEIZURE_BITS or known)):
            return Verdict(_carried(reading, bits), None)
    return Verdict(_nothing(first, bits), None) if seized >= SURE_BITS else None


def _carried(reading: Reading, bits: Floats) -> Reading:
    """Without the bytes that noise seems to say where the carrier is gone."""
    usual = float(np.percentile(np.abs(bits), USUAL_PERCENTILE))
    carried = tuple(takewhile(lambda byte: byte.strength >= GONE * usual, reading.read))
    end = round(carried[-1].end) if carried else reading.start
    return replace(reading, read=carried, end=end)


def _nothing(first: int, bits: Floats) -> Reading:
    """A seizure, and then no byte."""
    return Reading(0, first, len(bits), (), 0.5)

"""Caller id as an exchange sends it: SDMF and MDMF messages in FSK (Bell 202 or ITU-T V.23), or DTMF.

Data link: type, length, body, checksum = two's complement of the sum of all bytes before it (GR-30,
EN 300 659-3).
"""

from datetime import datetime

import numpy as np

from config.lines import CallerId
from drivers.virtual.signals.tones import dtmf_digit
from drivers.virtual.signals.voices import Sound, peak_of_dbm0, softened
from drivers.virtual.timeline import samples_of_ms

BAUD = 1200
MARK_SPACE_HZ = {"bell202": (1200.0, 2200.0), "v23": (1300.0, 2100.0)}
SDMF, MDMF = 0x04, 0x80
DATE, NUMBER, NO_NUMBER, NAME, CALL_TYPE = 0x01, 0x02, 0x04, 0x07, 0x11
WITHHELD = {"P": b"P", "O": b"O"}
"""Number given as P (private) or O (out of area): the reason is sent in place of a number."""
TAIL_BITS = 10
DTMF_LEVEL_DBM0 = -10.0
DTMF_MS = 70


def message(profile: CallerId, number: str, name: str, when: datetime) -> bytes:
    """Type, length and body, without checksum."""
    stamp = when.strftime("%m%d%H%M").encode()
    if profile.format == "sdmf":
        return _framed(SDMF, stamp + number.encode("ascii"))
    body = _parameter(CALL_TYPE, b"\x01") if profile.standard == "v23" else b""
    body += _parameter(DATE, stamp)
    withheld = WITHHELD.get(number)
    body += _parameter(NO_NUMBER, withheld) if withheld else _parameter(NUMBER, number.encode("ascii"))
    if name:
        body += _parameter(NAME, name.encode(profile.charset, errors="replace")[:50])
    return _framed(MDMF, body)


def with_checksum(data: bytes) -> bytes:
    return data + bytes([-sum(data) & 0xFF])


def damage(data: bytes, number: str) -> bytes:
    """One bit wrong in the middle of the number: a plausible, wrong number under its old checksum."""
    at = data.index(number.encode("ascii")) + len(number) // 2
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]


def fsk(profile: CallerId, data: bytes) -> Sound:
    """Seizure 0101…, mark, the words (start bit, 8 bits from the lowest, stop bit), some mark behind."""
    bits = [i % 2 for i in range(profile.seizure_bits)] + [1] * profile.mark_bits
    for byte in data:
        bits += [0, *(byte >> i & 1 for i in range(8)), 1]
    return _modulate(bits + [1] * TAIL_BITS, profile)


def dtmf_spill(profile: CallerId, number: str) -> Sound:
    """Start code, number, end code; no check and no name. 70 ms on, 70 ms off."""
    pause = np.zeros(samples_of_ms(DTMF_MS), np.float32)
    parts: list[Sound] = []
    for digit in f"{profile.dtmf_start}{number}{profile.dtmf_end}":
        parts += [dtmf_digit(digit, DTMF_MS, DTMF_LEVEL_DBM0, 0.0), pause]
    return np.concatenate(parts)


def _modulate(bits: list[int], profile: CallerId) -> Sound:
    """Continuous phase, exact at the bit edges although a bit is 6⅔ samples long."""
    mark_hz, space_hz = MARK_SPACE_HZ[profile.standard]
    hertz = np.where(np.array(bits, bool), mark_hz, space_hz)
    turns_before = np.concatenate([[0.0], np.cumsum(hertz / BAUD)])
    seconds = np.arange(len(bits) * 8000 // BAUD) / 8000
    bit = np.minimum((seconds * BAUD + 1e-9).astype(np.int64), len(bits) - 1)
    turns = turns_before[bit] + hertz[bit] * (seconds - bit / BAUD)
    peak = peak_of_dbm0(profile.level_dbm0)
    return softened((peak * np.sin(2 * np.pi * turns)).astype(np.float32))


def _framed(kind: int, body: bytes) -> bytes:
    if len(body) > 255:
        raise ValueError(f"caller id message of {len(body)} bytes: at most 255 fit")
    return bytes([kind, len(body)]) + body


def _parameter(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value

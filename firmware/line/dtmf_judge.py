"""Is this stretch a digit? Limits of Q.24 (the AT&T column) with margin, then evidence for a sender against a
voice or music.

The evidence adds up points, as in a logistic regression: all of it is ratios, so the level of the line does
not matter. A digit sent over a quiet line has 15; what the standards demand at their limits, in noise or over
dial tone, 5 and more; the nearest moment in nine hours of speech 2.7 (decisions/0001-dtmf-method.md).
"""

import math
from dataclasses import dataclass

from firmware.line.dtmf_fine import Stretch, Tone
from firmware.line.dtmf_frames import HIGH_HZ, LOW_HZ
from firmware.line.dtmf_purity import Purity

DIGITS = "123A456B789C*0#D"
SHORTEST_MS = 26.5  # 40 ms must operate, 23 ms must not
OFF_MAX = 0.027  # of the nominal frequency: 1.8 % must operate somewhere (NTT), 3.0 % must not
TWIST_DB = (-12.0, 10.5)  # high over low: -8 to +4 dB must operate
LEVEL_MIN_DBFS = -45.2  # a tone, -42 dBm0: -25 must operate, -55 must not

POINTS = -6.7
ENOUGH = 3.2
PICKED = 2.0  # more for the best part of a stretch: whoever picks finds something
RARE = 0.6  # more for A to D: no telephone has these keys, and 697 + 1633 Hz is the pair that voices hit most
STEADY, BOTH_STEADY = 0.6, 1.55  # a phase that bends little, in -ln(rad): the worse tone, the better tone
BENT, BENT_FROM_RAD = 2.5, 0.3
WAVERS, WAVERS_FROM = 1.5, 0.4  # the amplitude's relative spread
BEATS, BEATS_FROM = 80.0, 0.06  # phase and amplitude both unsteady, as when a third tone is near: music
ALONE, BOTH_ALONE = (
    1.0,
    1.25,
)  # nothing else in the tone's group, in -ln(part): the worse tone, the better tone
FEW, FEW_UNDER = 9.5, 0.5  # of the band's power in the lines: speech as loud as the digits leaves half
OFF_PERCENT_SQUARED = 1.3
EXACT, EXACT_PERCENT = 7.0, 0.3  # a voice hits both frequencies so well once in 80 times, a crystal always
EXACT_FROM_MS, EXACT_FULL_MS = 50.0, 70.0  # and hardly ever for as long
SHORT_MS, LONG_MS, MIDDLE_MS, LONG_UNTIL_MS = 0.13, 0.0775, 45.0, 90.0
HELD_MS, HELD_FROM_MS = 0.034, 130.0  # longer than that is more often music, unless all else is clean
HELD_MOST_MS = 200.0
TWIST_PER_DB, TWIST_MIDDLE_DB, TWIST_FREE_DB = 0.16, -2.0, 6.0
SLOW_EDGE_MS, BOTH_SLOW_MS, FASTEST_MS, SLOWEST_MS = 0.21, 0.27, 5.0, 25.0
HARMONIC, HARMONIC_FROM, HARMONIC_MAX = 40.0, 0.05, 0.15  # senders: 0.01 (Q.23); notes and vowels: any
NO_VOICE, VOICE_MAX = 1.15, 2.0  # little between 170 and 330 Hz, where a voice has its strongest lines
FLOOR = 0.02  # no better than what noise 35 dB down allows
VOICE_FLOOR = 0.03


@dataclass(frozen=True, slots=True)
class Features:
    """What is known without a look at the spectrum; `off` in parts of the nominal frequency."""

    duration_ms: float
    off: float
    twist_db: float
    level_dbfs: float


def features(stretch: Stretch, digit: int) -> Features:
    low, high = stretch.low, stretch.high
    return Features(
        duration_ms=(stretch.end - stretch.start) / 8,
        off=max(_off(low, LOW_HZ[digit // 4]), _off(high, HIGH_HZ[digit % 4])),
        twist_db=_db(high.amplitude) - _db(low.amplitude),
        level_dbfs=_db(min(low.amplitude, high.amplitude)),
    )


def within_limits(seen: Features) -> bool:
    return (
        seen.duration_ms >= SHORTEST_MS
        and seen.off <= OFF_MAX
        and TWIST_DB[0] <= seen.twist_db <= TWIST_DB[1]
        and seen.level_dbfs >= LEVEL_MIN_DBFS
    )


def points(seen: Features, stretch: Stretch, purity: Purity) -> float:
    """Evidence that a sender of digits made this."""
    glides = sorted((stretch.low.glide_rad, stretch.high.glide_rad))
    impure = sorted((1 - purity.low, 1 - purity.high))
    edges = sorted(min(ms, SLOWEST_MS) - FASTEST_MS for ms in (stretch.attack_ms, stretch.decay_ms))
    ripple = max(stretch.low.ripple, stretch.high.ripple)
    unsteady = ripple * max(stretch.low.jitter_rad, stretch.high.jitter_rad)
    held = (seen.duration_ms - EXACT_FROM_MS) / (EXACT_FULL_MS - EXACT_FROM_MS)
    exact = max(0.0, 1 - 100 * seen.off / EXACT_PERCENT) * min(1.0, max(0.0, held))
    duration_ms = min(seen.duration_ms, HELD_MOST_MS)
    return (
        POINTS
        - STEADY * math.log(glides[1] + FLOOR)
        - BOTH_STEADY * math.log(glides[0] + FLOOR)
        - BENT * max(0.0, glides[1] - BENT_FROM_RAD)
        - WAVERS * max(0.0, ripple - WAVERS_FROM)
        - BEATS * min(0.1, max(0.0, unsteady - BEATS_FROM))
        - ALONE * math.log(impure[1] + FLOOR)
        - BOTH_ALONE * math.log(impure[0] + FLOOR)
        - FEW * max(0.0, FEW_UNDER - purity.band)
        - OFF_PERCENT_SQUARED * (100 * seen.off) ** 2
        + EXACT * exact
        - SHORT_MS * max(0.0, MIDDLE_MS - duration_ms)
        + LONG_MS * max(0.0, min(duration_ms, LONG_UNTIL_MS) - MIDDLE_MS)
        - HELD_MS * max(0.0, duration_ms - HELD_FROM_MS)
        - TWIST_PER_DB * max(0.0, abs(seen.twist_db - TWIST_MIDDLE_DB) - TWIST_FREE_DB)
        - SLOW_EDGE_MS * edges[1]
        - BOTH_SLOW_MS * edges[0]
        - HARMONIC * max(0.0, min(purity.harmonic, HARMONIC_MAX) - HARMONIC_FROM)
        - NO_VOICE * math.log(min(purity.voice, VOICE_MAX) + VOICE_FLOOR)
    )


def confidence(digit: int, evidence: float) -> int:
    """In thousandths; 0: no digit."""
    enough = ENOUGH + (RARE if digit % len(HIGH_HZ) == 3 else 0.0)
    return round(999 / (1 + math.exp(-evidence))) if evidence >= enough else 0


def _off(tone: Tone, nominal_hz: float) -> float:
    return abs(tone.hz / nominal_hz - 1)


def _db(amplitude: float) -> float:
    return 20 * math.log10(max(amplitude, 1e-9))

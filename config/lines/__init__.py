"""Telephone network profiles, one TOML file a country: `load_line("cn")`.

Facts with a tolerance in a standard keep it beside the number; what a standard leaves to the operator is the
value most often met. Frequencies in Hz, times in ms unless the name says otherwise, levels in dBm0.
"""

from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Hertz = Annotated[int, Meta(ge=10, le=4000)]
Ms = Annotated[int, Meta(ge=0)]


class UnknownLineError(Exception):
    """No profile of that name; the message lists those there are."""


class Tone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Frequencies sounding together, `cadence_ms` on, off, on, off … repeated; empty: continuous.

    `steps_dbm0`: levels of one step each, `step_ms` long, the last one held (a howler that rises).
    `modulation_hz`: the amplitude is modulated, 90 % deep; 0: it is not. `alternate_db`: every other burst
    is so much louder than the one before it (negative: weaker).
    """

    frequencies_hz: Annotated[tuple[Hertz, ...], Meta(min_length=1)]
    level_dbm0: float
    cadence_ms: tuple[Ms, ...] = ()
    tolerance_hz: Ms = 0
    steps_dbm0: tuple[float, ...] = ()
    step_ms: Ms = 0
    modulation_hz: Ms = 0
    alternate_db: float = 0.0


class Tones(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dial: Tone
    ringback: Tone
    busy: Tone
    congestion: Tone
    unobtainable: Tone
    howler: Tone


class Ring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ringing voltage. cadence_ms: on, off, on, off …; the last pause is the long one."""

    frequency_hz: Hertz
    cadence_ms: Annotated[tuple[Ms, ...], Meta(min_length=2)]
    volts_rms: int


class CallerId(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How and when the exchange sends who calls.

    delay_ms: from the end of the first burst (after_first_ring) or from the polarity reversal (before_ring)
    to the message, or to the alerting signal where there is one. alert_ms 0: no alerting signal.
    """

    standard: Literal["bell202", "v23"]
    when: Literal["after_first_ring", "before_ring"]
    format: Literal["mdmf", "sdmf"]
    level_dbm0: float
    delay_ms: Ms
    seizure_bits: int
    mark_bits: int
    alert_frequencies_hz: tuple[Hertz, ...]
    alert_ms: Ms
    alert_pause_ms: Ms
    ring_after_ms: Ms
    charset: Literal["ascii", "gb2312", "latin-1"]
    dtmf_start: Annotated[str, Meta(pattern="^[ABCD*#]$")]
    dtmf_end: Annotated[str, Meta(pattern="^[ABCD*#]$")]


class HookTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On-hook times that mean a flash; shorter is a pulse or bounce, longer ends the call."""

    flash_min_ms: Ms
    flash_max_ms: Ms
    bounce_ms: Ms


class Pulse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pulse dialling that the exchange accepts."""

    break_min_ms: Ms
    break_max_ms: Ms
    make_min_ms: Ms
    make_max_ms: Ms
    interdigit_min_ms: Ms


class Voltages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    on_hook_mv: int
    off_hook_mv: int


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the called or calling exchange does when the far end hangs up first.

    break_ms: the feeding current is cut so long (0: never); after delay_ms the tone is heard.
    """

    break_ms: Ms
    delay_ms: Ms
    tone: Literal["busy", "congestion", "dial"]


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Time-outs of the exchange."""

    dial_tone_after_ms: Ms
    routed_after_ms: Ms
    first_digit_s: float
    busy_before_howler_s: float


class LineProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    country_code: str
    tones: Tones
    ring: Ring
    caller_id: CallerId
    hook: HookTimes
    pulse: Pulse
    voltages: Voltages
    release: Release
    timing: Timing


def line_names() -> tuple[str, ...]:
    """Names of the profiles that are shipped."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def load_line(name: str) -> LineProfile:
    """The profile of a network; UnknownLineError names those there are."""
    if name not in line_names():
        raise UnknownLineError(f"line {name!r}: must be one of {', '.join(line_names())}")
    text = (resources.files(__name__) / f"{name}.toml").read_text()
    return msgspec.toml.decode(text, type=LineProfile)

"""Options of a virtual desk: one field, one flag of `python -m drivers.virtual`."""

import argparse
from typing import Literal, get_args, get_origin, get_type_hints

from msgspec import Struct, structs

CardMode = Literal["elastic", "strict", "fast"]
Interface = Literal["lineboard", "whozz_calling", "disabled"]


class Options(Struct, frozen=True):
    """Defaults suit a desk under test: 8 kHz mono card, elastic, lineboard on the tty.

    card_mode: "elastic" real time and nothing lost on a loaded machine; "strict" real overruns; "fast" the
    reader is the clock. lead_ms: how far sound is written ahead of real time, the delay of every verb.
    card_channels 2 splits the parties: agent left, far end right. noise_dbfs is the line's own noise (RMS).
    pigpio_port 0 takes a free port. answer_reversal: polarity reverses when the far end answers.
    """

    line: str = "cn"
    card_name: str = "offhook-line"
    card_rate_hz: int = 8000
    card_channels: int = 1
    card_mode: CardMode = "elastic"
    lead_ms: int = 150
    noise_dbfs: float = -68.0
    seed: int = 1
    interface: Interface = "lineboard"
    answer_reversal: bool = False
    lifted_level: Literal["low", "high"] = "low"
    hook_pin: int = 17
    green_pin: int = 5
    red_pin: int = 6
    amber_pin: int = 13
    amber_active: Literal["low", "high"] = "low"
    pigpio_port: int = 0


def flags(options: Options) -> list[str]:
    """The command-line flags that say what differs from the defaults."""
    said: list[str] = []
    for name, value in structs.asdict(options).items():
        if value != getattr(Options(), name):
            said += [_flag(name), str(value).lower() if isinstance(value, bool) else str(value)]
    return said


def add_flags(parser: argparse.ArgumentParser) -> None:
    for name, kind in get_type_hints(Options).items():
        default = getattr(Options(), name)
        if get_origin(kind) is Literal:
            parser.add_argument(_flag(name), choices=get_args(kind), default=default)
        elif kind is bool:
            parser.add_argument(_flag(name), type=_truth_value, default=default, metavar="true|false")
        else:
            parser.add_argument(_flag(name), type=kind, default=default, metavar=kind.__name__)


def from_namespace(parsed: argparse.Namespace) -> Options:
    return Options(**{name: getattr(parsed, name) for name in get_type_hints(Options)})


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _truth_value(text: str) -> bool:
    if text not in {"true", "false"}:
        raise argparse.ArgumentTypeError(f"{text!r}: must be true or false")
    return text == "true"

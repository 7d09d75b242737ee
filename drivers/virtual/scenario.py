"""Scenarios: small TOML files of verbs in time, run on a virtual desk at exact samples.

    line = "cn"                                     network profile
    about = "Incoming call, answered after two rings"
    [[step]]
    verb = "ring"
    with = { number = "13800138000" }               arguments of the verb
    [[step]]
    after_s = 7.0                                   from the end of the step before
    verb = "lift"
    [[step]]
    verb = "say"
    with = { who = "customer", file = "voice" }     "voice": the next file of that party's voices
    until_end = true                                the next step counts from the end of this speech

`python -P -m drivers.virtual.scenario FILE … --agent DIR --customer DIR` runs each on a desk of its own (or
on one that runs: --attach DIR).
"""

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from drivers.virtual import wire
from drivers.virtual.client import VirtualDesk, samples
from drivers.virtual.errors import VirtualDeskError
from drivers.virtual.options import Options
from drivers.virtual.verbs import Verbs

AHEAD_S = 0.25
"""A verb is sent so long before the write head gets to its sample; the desk keeps it until then."""
SPEECH_SUFFIXES = {".wav", ".flac", ".ogg"}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verb: str
    with_: dict[str, Any] = msgspec.field(name="with", default_factory=dict)
    after_s: float = 0.0
    until_end: bool = False

    def __post_init__(self) -> None:
        if self.verb.startswith("_") or self.verb not in vars(Verbs):
            raise ValueError(f"verb {self.verb!r} is not one of the virtual desk's")
        if not 0 <= self.after_s <= 86_400:
            raise ValueError("after_s must be 0 to 86400")


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    step: tuple[Step, ...]
    line: str = "cn"


class Done(msgspec.Struct, frozen=True):
    """A step as it happened."""

    verb: str
    sample: int
    end_sample: int
    at_ns: int


Voices = Mapping[str, Sequence[Path]]


def load_scenario(path: Path) -> Scenario:
    """Raises VirtualDeskError naming the file and what is wrong in it."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except (OSError, msgspec.DecodeError) as error:
        raise VirtualDeskError(f"{path}: {error}") from error


def run_scenario(desk: VirtualDesk, scenario: Scenario, voices: Voices) -> list[Done]:
    """All steps at their samples; returns when the last one's sample has been presented."""
    files = {who: itertools.cycle(paths) for who, paths in voices.items() if paths}
    steps = [(step, _with_file(step, files)) for step in scenario.step]
    for _, arguments in steps:
        if "file" in arguments:
            desk.load(arguments["file"])
    cursor = desk.truth().head_sample
    done: list[Done] = []
    for step, arguments in steps:
        result = _do(desk, step, arguments, cursor + samples(step.after_s))
        done.append(result)
        cursor = result.end_sample if step.until_end else result.sample
    desk.wait_until(max(d.end_sample for d in done))
    return done


def _do(desk: VirtualDesk, step: Step, arguments: dict[str, Any], due: int) -> Done:
    desk.wait_until(due - samples(desk.options.lead_ms / 1000 + AHEAD_S))
    exact = due if due > desk.truth().head_sample + samples(AHEAD_S / 5) else None
    request = wire.Request(step.verb, arguments, exact)
    placed = desk.send(dict[str, Any], request)
    sample = int(placed["sample"])
    return Done(step.verb, sample, int(placed.get("end_sample", sample)), int(placed["at_ns"]))


def _with_file(step: Step, voices: Mapping[str, Iterator[Path]]) -> dict[str, Any]:
    arguments = dict(step.with_)
    if arguments.get("file") == "voice":
        who = str(arguments.get("who", "customer"))
        if who not in voices:
            raise VirtualDeskError(
                f"the scenario lets the {who} speak: give --{who} a sound file or a folder"
            )
        arguments["file"] = str(next(voices[who]).absolute())
    return arguments


def sound_files(place: Path | None) -> list[Path]:
    """A file, or all sound files below a folder, sorted."""
    if place is None:
        return []
    if place.is_file():
        return [place]
    return sorted(p for p in place.rglob("*") if p.suffix.lower() in SPEECH_SUFFIXES and p.is_file())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -P -m drivers.virtual.scenario", description="Run scenarios."
    )
    parser.add_argument("file", nargs="+", type=Path)
    parser.add_argument("--agent", type=Path, help="a sound file or a folder of them: what the agent says")
    parser.add_argument("--customer", type=Path, help="the same for the customer")
    parser.add_argument("--attach", type=Path, metavar="DIR", help="a virtual desk that runs")
    parsed = parser.parse_args(arguments)
    voices = {"agent": sound_files(parsed.agent), "customer": sound_files(parsed.customer)}
    try:
        for path in parsed.file:
            _run_one(path, voices, parsed.attach)
    except VirtualDeskError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's own output
        return 1
    return 0


def _run_one(path: Path, voices: Voices, attach: Path | None) -> None:
    scenario = load_scenario(path)
    print(f"{path.stem}: {scenario.about}")  # noqa: T201 - a command's own output
    with tempfile.TemporaryDirectory(prefix="offhook-scenario-") as folder:
        desk = VirtualDesk.attach(attach) if attach else VirtualDesk(folder, Options(line=scenario.line))
        with desk:
            for step in run_scenario(desk, scenario, voices):
                print(f"  {step.sample / 8000:8.3f} s  {step.verb}")  # noqa: T201 - see above


if __name__ == "__main__":
    sys.exit(main())

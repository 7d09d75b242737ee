"""What the benchmarks share: CPU and memory of a process from /proc, percentiles, figures, options."""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int, *, children: bool = False) -> float:
    """User and system seconds of a process (10 ms steps), with those of its ended children if wanted."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11 : 15 if children else 13])) / TICKS


def children(pid: int) -> list[int]:
    return sorted(child.pid for child in psutil.Process(pid).children())


@dataclass(frozen=True, slots=True)
class Memory:
    """In MB (10^6). pss: pages shared with other processes counted by share; unshared: those of it alone."""

    rss: float
    pss: float
    unshared: float

    @classmethod
    def of(cls, pid: int) -> "Memory":
        rows = dict(
            line.split()[:2] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        )
        unshared = int(rows["Private_Clean:"]) + int(rows["Private_Dirty:"])
        return cls(int(rows["Rss:"]) / 976.5625, int(rows["Pss:"]) / 976.5625, unshared / 976.5625)


def percentile(values: Sequence[float], part: float) -> float:
    """Nearest rank: no value is reported that was not measured."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def figure(name: str, value: float, unit: str, digits: int = 1, **more: object) -> dict[str, object]:
    """`more`: target, note, peer = (name, value)."""
    if isinstance(peer := more.get("peer"), tuple):
        more["peer"] = {"name": peer[0], "value": round(peer[1], digits)}
    rounded = round(value, digits) if digits else round(value)
    return {"name": name, "value": rounded, "unit": unit, **more}


def load() -> str:
    """For notes: what else this machine did."""
    return f"load {os.getloadavg()[0]:.1f}"


def main(doc: str | None, measure: Callable[..., list[dict]], **options: float) -> None:
    """Run `measure(**options)` with each option settable as --name, and print its figures."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    for name, value in options.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"default {value}")
    chosen = vars(parser.parse_args())
    as_json = chosen.pop("json")
    figures = measure(**chosen)
    if as_json:
        print(json.dumps({"figures": figures}))
        return
    for one in figures:
        beside = [f"target {one['target']}"] if "target" in one else []
        beside += [f"{one['peer']['name']}: {one['peer']['value']}"] if "peer" in one else []
        beside += [one["note"]] if one.get("note") else []
        print(f"{one['name']}: {one['value']} {one['unit']}  " + "; ".join(beside))


def speech_folder() -> Path:
    """Where `make bench` puts real speech."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "offhook" / "speech"

"""The recorder process at the virtual desk, in real time: lift to red lamp (its part), CPU, memory.

    python -P tests/bench/bench_recorder.py [--json] [--lifts 50] [--seconds 30]

A lift is timed from the edge at the pin (before the debounce of 20 ms) by the monotonic clock that all
processes share: to the status that says off-hook (the ledger's entry is durable by then), and to the status
that names durable audio. CPU and memory are of the recorder and of its ear, while a call is recorded.
"""

# ruff: noqa: E402 (the rig of the tests is found by its path first)
import argparse
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "firmware" / "recorder")]

from recorder_rig import Rig

from drivers.virtual.client import VirtualDesk
from drivers.virtual.options import Options


def lift(rig: Rig) -> tuple[float, float]:
    """(ms to the status off-hook, ms to the status with durable audio)."""
    lifted_ns = rig.line.lift().at_ns
    off_hook = rig.wait(lambda status: status.off_hook)
    durable = rig.wait(lambda status: status.recording is not None)
    rig.line.replace()
    rig.wait(lambda status: not status.off_hook and status.recording is None)
    return (off_hook.mono_ns - lifted_ns) / 1e6, (durable.mono_ns - lifted_ns) / 1e6


def load(rig: Rig, seconds: float) -> dict[str, float]:
    """CPU in percent of one core and RSS in MB, recording."""
    rig.line.lift()
    rig.wait_recording(2.0)
    recorder = psutil.Process(rig.process.pid)
    processes = {"recorder": recorder, "ear": recorder.children()[0]}
    before = {name: sum(one.cpu_times()[:2]) for name, one in processes.items()}
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    figures = {}
    for name, one in processes.items():
        figures[f"{name} cpu"] = 100 * (sum(one.cpu_times()[:2]) - before[name]) / took
        figures[f"{name} rss"] = one.memory_info().rss / 1e6
    rig.line.replace()
    rig.wait_idle()
    return figures


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(folder: Path, lifts: int, seconds: float) -> list[dict]:
    with VirtualDesk(folder / "line", Options(lead_ms=50)) as line, contextlib.ExitStack() as stack:
        rig = Rig(folder, line)
        stack.callback(rig.close)
        rig.start()
        rig.wait(lambda status: status.preroll_ms == 2000)
        times = [lift(rig) for _ in range(lifts)]
        used = load(rig, seconds)
        rig.stop()
    shown, durable = [one[0] for one in times], [one[1] for one in times]
    return [
        figure("lift to status off-hook, p50", percentile(shown, 0.5), "ms", ""),
        figure("lift to status off-hook, p99", percentile(shown, 0.99), "ms", "≤ 60"),
        figure("lift to durable audio in the status, p50", percentile(durable, 0.5), "ms", ""),
        figure("lift to durable audio in the status, p99", percentile(durable, 0.99), "ms", "≤ 100"),
        figure("recorder, CPU of one core while recording", used["recorder cpu"], "%", ""),
        figure("its ear, CPU", used["ear cpu"], "%", ""),
        figure("recorder and ear, CPU", used["recorder cpu"] + used["ear cpu"], "%", "≤ 2.5"),
        figure("recorder and ear, memory", used["recorder rss"] + used["ear rss"], "MB", "≤ 60"),
        figure("recorder alone, memory", used["recorder rss"], "MB", ""),
    ]


def figure(name: str, value: float, unit: str, target: str) -> dict:
    return {"name": name, "value": round(value, 1), "unit": unit, **({"target": target} if target else {})}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--json", action="store_true")
    options.add_argument("--lifts", type=int, default=50)
    options.add_argument("--seconds", type=float, default=30.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), chosen.lifts, chosen.seconds)
    if chosen.json:
        print(json.dumps({"figures": figures}))
        return
    for one in figures:
        print(f"{one['name']:45} {one['value']} {one['unit']}  {one.get('target', '')}")


if __name__ == "__main__":
    main()

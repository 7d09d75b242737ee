"""Appends to the ledger a second, each durable when it returns; and the longest of them.

    python tests/bench/bench_ledger.py [--json] [--seconds 3] [--dir FOLDER]

Beside it, in the same run: bare appends of the same bytes to a file with fdatasync, which is what the disk
itself allows. `--dir` puts both on the disk that matters; the default is the system's folder for tests.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drivers.clock.system import SystemClock
from firmware.evidence.keys import SigningKey
from firmware.ledger import Ledger, LedgerReader
from firmware.ledger.walk import ChainWalk

ENTRY_BYTES = 280
OTHERS = 2  # processes that append at the same time: agent and panel

APPENDER = """
import sys, time
from pathlib import Path
from drivers.clock.system import SystemClock
from firmware.ledger import Ledger
with Ledger(Path(sys.argv[1]), desk="t-1", clock=SystemClock()) as ledger:
    end, count = time.monotonic() + float(sys.argv[2]), 0
    while time.monotonic() < end:
        ledger.append("flash", {"call": "t-1/1"}); count += 1
    print(count)
"""


def appends(ledger: Ledger, seconds: float) -> list[float]:
    """Seconds of each append."""
    took, end = [], time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        ledger.append("flash", {"call": "t-1/1"})
        took.append(time.monotonic() - began)
    return sorted(took)


def bare(path: Path, seconds: float) -> list[float]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    took, end, data = [], time.monotonic() + seconds, bytes(ENTRY_BYTES)
    while (began := time.monotonic()) < end:
        os.write(descriptor, data)
        os.fdatasync(descriptor)
        took.append(time.monotonic() - began)
    os.close(descriptor)
    return sorted(took)


def three_processes(path: Path, seconds: float) -> int:
    """Appends of three processes at once."""
    command = [sys.executable, "-P", "-c", APPENDER, str(path), str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(OTHERS + 1)]
    return sum(int(process.communicate()[0]) for process in running)


def walked(path: Path) -> float:
    """Entries a second that the whole chain is verified at."""
    with LedgerReader(path) as reader:
        walk, began = ChainWalk(reader, desk="t-1", key=None), time.monotonic()
        while not walk.done:
            walk.step(256)
        if walk.problem:
            raise SystemExit(walk.problem)
        return walk.seq / (time.monotonic() - began)


def measure(folder: Path, seconds: float) -> list[dict]:
    path = folder / "ledger.sqlite3"
    with Ledger(path, desk="t-1", clock=SystemClock(), key=SigningKey.generate()) as ledger:
        took = appends(ledger, seconds)
        disk = bare(folder / "bare", seconds)
        together = three_processes(path, seconds)
        began = time.monotonic()
        for _ in range(100):
            ledger.checkpoint(off_hook_ms=1, recorded_ms=1)
        checkpoint_ms = (time.monotonic() - began) * 10
    return [
        {
            "name": "ledger appends, each durable",
            "value": round(len(took) / seconds),
            "unit": "/s",
            "peer": {"name": "bare write + fdatasync", "value": round(len(disk) / seconds)},
        },
        {
            "name": "ledger append, p50",
            "value": round(took[len(took) // 2] * 1000, 2),
            "unit": "ms",
            "peer": {"name": "bare write + fdatasync", "value": round(disk[len(disk) // 2] * 1000, 2)},
        },
        {
            "name": "ledger append, p99",
            "value": round(took[len(took) * 99 // 100] * 1000, 2),
            "unit": "ms",
            "peer": {"name": "bare write + fdatasync", "value": round(disk[len(disk) * 99 // 100] * 1000, 2)},
        },
        {
            "name": "ledger appends of three processes at once",
            "value": round(together / seconds),
            "unit": "/s",
        },
        {"name": "signed checkpoint", "value": round(checkpoint_ms, 2), "unit": "ms"},
        {"name": "chain verified", "value": round(walked(path)), "unit": "entries/s"},
    ]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--json", action="store_true")
    options.add_argument("--seconds", type=float, default=3.0)
    options.add_argument("--dir")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.dir) as folder:
        figures = measure(Path(folder), chosen.seconds)
    if chosen.json:
        print(json.dumps({"figures": figures}))
        return
    for figure in figures:
        print(f"{figure['name']:45} {figure['value']} {figure['unit']}  {figure.get('peer', '')}")


if __name__ == "__main__":
    main()

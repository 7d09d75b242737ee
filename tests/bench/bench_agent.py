"""The agent beside a growing recording: CPU, memory, bytes behind; hang-up to both receipts.

    .venv/bin/python -P tests/bench/bench_agent.py [--json] [--seconds 20] [--calls 30]

Real agent process, two real vaults with a Mosquitto each, on loopback. The recorder is in slow motion: one
sealed second of 3 kB with fdatasync and recorder.json each second, as at Opus 24 kbit/s.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "sync" / "agent"))

from desk_rig import DeskRig, until
from real_vault import AgentProcess, RealVault, desk_settings, offhook

DESK = "bench-1"


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def follow(desk: DeskRig, agent: psutil.Process, vaults: list[RealVault], seconds: int) -> dict[str, float]:
    """One call: CPU share while it grows, and how long after a durable sync its bytes are in both vaults."""
    call, lags = desk.call().grow(), []
    before, began = cpu_s(agent), time.monotonic()
    for second in range(seconds):
        call.grow()
        synced = time.monotonic()
        until(lambda: all(held(vault, call.seq) >= len(call.content) for vault in vaults))
        lags.append(time.monotonic() - synced)
        for _ in range(3):  # the recorder tells its state every 250 ms
            time.sleep(0.25)
            call.tell()
        time.sleep(max(0.0, began + second + 1 - time.monotonic()))
    busy, took = cpu_s(agent) - before, time.monotonic() - began
    call.finish()
    until(lambda: call.seq in desk.spool.delivered())
    return {"cpu_percent": 100 * busy / took, "behind_ms": 1000 * max(lags)}


def held(vault: RealVault, seq: int) -> int:
    found = [*(vault.folder / "uploads" / DESK).glob(f"{seq:012d}.part")]
    try:
        return found[0].stat().st_size if found else 0
    except FileNotFoundError:
        return 0


def hang_up(desk: DeskRig) -> float:
    """Milliseconds from the rename to `waiting/` (the ledger entry comes right after) to both receipts."""
    call = desk.call()
    for _ in range(3):
        call.grow()
        time.sleep(0.05)
    began = time.monotonic()
    call.finish()
    while len(desk.spool.receipts(call.seq)) < 2:
        time.sleep(0.001)
    return 1000 * (time.monotonic() - began)


def measure(folder: Path, seconds: int, calls: int) -> list[dict[str, object]]:
    config = desk_settings(folder / "desk")
    vaults = [RealVault(folder / name, name) for name in ("a", "b")]
    try:
        for vault in vaults:
            offhook("enrol", vault.url, vault.code(DESK), "--config", config)
        desk = DeskRig.after_enrolment(config)
        running = AgentProcess(config)
        agent = psutil.Process(running.process.pid)
        until(
            lambda: desk.status() and all(one.mqtt and one.https for one in desk.status().replicas.values())
        )
        before, began = cpu_s(agent), time.monotonic()
        time.sleep(seconds / 2)
        idle = 100 * (cpu_s(agent) - before) / (time.monotonic() - began)
        following = follow(desk, agent, vaults, seconds)
        waits = sorted(hang_up(desk) for _ in range(calls))
        memory = agent.memory_full_info()
        running.stop()
        desk.close()
    finally:
        for vault in vaults:
            vault.close()
    p95 = waits[min(len(waits) - 1, int(0.95 * len(waits)))]
    return [
        figure("agent: CPU, on-hook", idle, "% of one core", 2),
        figure(
            "agent: CPU, following one call into two vaults", following["cpu_percent"], "% of one core", 2
        ),
        figure("agent: RSS", memory.rss / 1e6, "MB", 1, target="≤ 40"),
        figure(
            "agent: PSS (libraries shared with the other processes counted by share)",
            memory.pss / 1e6,
            "MB",
            1,
        ),
        figure(
            "agent: bytes in both vaults after a durable sync, worst",
            following["behind_ms"],
            "ms",
            0,
            target="≤ 2000",
        ),
        figure(f"agent: hang-up to both receipts, p50 of {calls}", statistics.median(waits), "ms", 0),
        figure(f"agent: hang-up to both receipts, p95 of {calls}", p95, "ms", 0, target="≤ 1000"),
    ]


def figure(name: str, value: float, unit: str, digits: int, target: str = "") -> dict[str, object]:
    found: dict[str, object] = {"name": name, "value": round(value, digits), "unit": unit}
    return found | ({"target": target} if target else {})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.seconds, options.calls)
    if options.json:
        print(json.dumps({"figures": figures}))
        return
    for one in figures:
        print(
            f"{one['name']}: {one['value']} {one['unit']}"
            + (f" (target {one['target']})" if "target" in one else "")
        )


if __name__ == "__main__":
    main()

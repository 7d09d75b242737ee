"""Seconds of CPU per hour of audio: the desk's whole path beside C tools in a pipe, at the same card.

    .venv/bin/python -P tests/bench/bench_pipeline.py [--json] [--seconds 60]

First a call at a whole site is recorded. Then the desk's processes stop, and the same speech is said again
while  arecord | opusenc --bitrate 24 --comp 5 | age -r | dd oflag=dsync  records from the same card. What the
pipe leaves out: pre-roll, levels, the hook, a durable frame every 0.8 s (age seals 64 KiB at a time, 20 s of
audio), the ledger, delivery. CPU is that of the processes alone; those that play the line are not in it.
"""

# ruff: noqa: E402 (what stands beside this file is found by its path)
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from bench_desk import pids, talk
from measuring import cpu_s, figure, load, main, speech_folder

from drivers.virtual.options import Options
from sync.demo.site import Site
from sync.demo.speech import Speech

SETTLE_S = 3.0  # until what a start costs is over
HOUR_S = 3600


def used(processes: dict[str, int], seconds: float) -> dict[str, float]:
    """Seconds of CPU of each, for an hour of audio."""
    time.sleep(SETTLE_S)
    before, began = {name: cpu_s(pid) for name, pid in processes.items()}, time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return {name: (cpu_s(pid) - before[name]) / took * HOUR_S for name, pid in processes.items()}


def commands(folder: Path, card: Options) -> list[list[str]]:
    identity = folder / "age.key"
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    told = subprocess.run(["age-keygen", "-y", str(identity)], check=True, capture_output=True, text=True)
    rate, channels = str(card.card_rate_hz), str(card.card_channels)
    return [
        ["arecord", "-q", "-D", card.card_name, "-t", "raw", "-f", "S16_LE", "-r", rate, "-c", channels],
        ["opusenc", "--quiet", "--raw", "--raw-rate", rate, "--raw-chan", channels, "--bitrate", "24",
         "--comp", "5", "-", "-"],
        ["age", "-r", told.stdout.strip()],
        ["dd", f"of={folder / 'call.opus.age'}", "bs=64k", "oflag=dsync", "status=none"],
    ]  # fmt: skip


def pipe(stack: ExitStack, folder: Path, site: Site, card: Options) -> list[subprocess.Popen]:
    """The pipeline, started; ended when the stack is."""
    running: list[subprocess.Popen] = []
    environment = {**os.environ, **site.line.environment()}
    for command in commands(folder, card):
        stdin = running[-1].stdout if running else subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, env=environment)
        if running:
            running[-1].stdout.close()  # so that the end of one ends the next
        running.append(process)
        stack.callback(process.wait)
    stack.callback(running[0].terminate)
    return running


def measure(seconds: float) -> list[dict]:
    card = Options(interface="whozz_calling")
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder) / "site", line=card) as site:
        processes = pids(site)
        talk(site, Speech(speech_folder()), seconds + 2 * SETTLE_S)
        desk = used(processes, seconds)
        site.line.replace()
        site.desk.wait_on_hook()
        site.desk.wait_delivered()
        site.desk.stop()
        with ExitStack() as stack:
            running = pipe(stack, Path(folder), site, card)
            talk(site, Speech(speech_folder()), seconds + 2 * SETTLE_S, lamps=False)
            tools = used({each.args[0]: each.pid for each in running}, seconds)
            loaded = load()
            if any(each.poll() is not None for each in running):
                raise SystemExit("the pipeline ended early: see above")
        if not (size := (Path(folder) / "call.opus.age").stat().st_size):
            raise SystemExit("the pipeline wrote nothing")
    peer = ("arecord | opusenc | age | dd", sum(tools.values()))
    names = {part: ", ".join(f"{name} {value:.1f}" for name, value in part_of.items())
             for part, part_of in (("desk", desk), ("tools", tools))}  # fmt: skip
    unit = "s CPU per hour of audio"
    return [
        figure("capture to sealed disk: recorder with its ear", desk["recorder"] + desk["ear"], unit,
               peer=peer, note=f"{names['tools']}, {size // 1000} kB; {loaded}"),
        figure("the same with the agent (two vaults) and the panel", sum(desk.values()), unit,
               peer=peer, note=names["desk"]),
    ]  # fmt: skip


if __name__ == "__main__":
    main(__doc__, measure, seconds=60.0)

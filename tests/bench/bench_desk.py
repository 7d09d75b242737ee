"""The three processes of a desk during a call, in real time: CPU, memory; two vaults receive it meanwhile.

    .venv/bin/python -P tests/bench/bench_desk.py [--json] [--seconds 60]

A whole site at the virtual line: recorder with its ear, agent and panel are the shipped ones, and both
parties speak all the time. CPU in percent of one core over the call, memory at its end. Beside them, at the
same time and at a card of the same kind: a bare PyAudio loop of 20 ms blocks that does nothing with them.
"""

# ruff: noqa: E402 (what stands beside this file is found by its path)
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from bench_capture import finish, start
from measuring import Memory, children, cpu_s, figure, load, main, speech_folder

from drivers.virtual.options import Options
from sync.demo.site import Site
from sync.demo.speech import Speech
from sync.demo.until import until

CARDS = {
    "8 kHz mono": Options(interface="whozz_calling"),
    "48 kHz stereo card": Options(interface="whozz_calling", card_rate_hz=48_000, card_channels=2),
}
SETTLE_S = 5.0


def talk(site: Site, speech: Speech, seconds: float, *, lamps: bool = True) -> None:
    """Somebody calls, the agent answers; speech is queued on both sides for so long."""
    site.line.ring(number="13800138000")
    site.line.wait(1.0)
    site.line.lift()
    if lamps:
        site.line.wait_lamp("red")
    site.line.wait_line("talking")
    for who, sentence in (("agent", speech.agent), ("customer", speech.customer)):
        ends_ns = 0
        while ends_ns < time.monotonic_ns() + seconds * 1e9:
            ends_ns = site.line.say(who, sentence()).end_ns


def pids(site: Site) -> dict[str, int]:
    until(lambda: site.desk.status("recorder").get("audio", {}).get("present", False), "there is audio")
    parts = {name: part.pid for name, part in site.desk.parts.items()}
    (ear,) = children(parts["recorder"])
    return {"recorder": parts["recorder"], "ear": ear, "agent": parts["agent"], "panel": parts["panel"]}


def idle(processes: dict[str, int], seconds: float) -> float:
    """CPU percent of all of them together, nobody calling."""
    before, began = sum(map(cpu_s, processes.values())), time.monotonic()
    time.sleep(seconds)
    return 100 * (sum(map(cpu_s, processes.values())) - before) / (time.monotonic() - began)


def run(folder: Path, card: Options, seconds: float) -> dict:
    """CPU percent and Memory by process, and of the bare loop."""
    with Site(folder / "site", line=card) as site:
        processes = pids(site)
        time.sleep(SETTLE_S)
        resting = idle(processes, seconds / 3)
        talk(site, Speech(speech_folder()), seconds + SETTLE_S)
        bare = start(folder / "bare", "bare", seconds, rate_hz=card.card_rate_hz, channels=card.card_channels)
        before, began = {name: cpu_s(pid) for name, pid in processes.items()}, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        cpu = {name: 100 * (cpu_s(pid) - before[name]) / took for name, pid in processes.items()}
        memory = {name: Memory.of(pid) for name, pid in processes.items()}
        loaded = load()
        site.line.replace()
        site.desk.wait_on_hook()
        site.desk.wait_delivered()
        return {"cpu": cpu, "memory": memory, "bare": finish("bare", *bare), "idle": resting, "load": loaded}


def figures_of(name: str, measured: dict) -> list[dict]:
    cpu, memory, peer = measured["cpu"], measured["memory"], ("bare PyAudio loop, 20 ms", measured["bare"])
    rss = {part: found.rss for part, found in memory.items()}
    parts = ", ".join(f"{part} {value:.0f}" for part, value in rss.items())
    split = f"recorder {cpu['recorder']:.2f}, its ear {cpu['ear']:.2f}; {measured['load']}"
    pss = sum(found.pss for found in memory.values())
    return [
        figure(f"recorder with its ear, in a call, {name}", cpu["recorder"] + cpu["ear"], "% of one core", 2,
               target="≤ 2.5", peer=peer, note=split),
        figure(f"agent, in a call, two vaults, {name}", cpu["agent"], "% of one core", 2),
        figure(f"panel, in a call, {name}", cpu["panel"], "% of one core", 2),
        figure(f"all desk processes, on-hook, {name}", measured["idle"], "% of one core", 2),
        figure(f"recorder with its ear, memory, {name}", rss["recorder"] + rss["ear"], "MB RSS",
               target="≤ 60",
               note=f"recorder {rss['recorder']:.1f}, its ear {rss['ear']:.1f}; unshared "
               f"{memory['recorder'].unshared + memory['ear'].unshared:.1f}"),
        figure(f"recorder, agent and panel, memory, {name}", sum(rss.values()) - rss["ear"], "MB RSS",
               target="≤ 120", note=parts + " (the ear not in the sum)"),
        figure(f"all desk processes, memory, {name}", pss, "MB PSS", target="≤ 120",
               note=f"the ear included, shared pages once; RSS with the ear {sum(rss.values()):.0f}"),
    ]  # fmt: skip


def measure(seconds: float) -> list[dict]:
    figures = []
    for name, card in CARDS.items():
        with tempfile.TemporaryDirectory() as folder:
            figures += figures_of(name, run(Path(folder), card, seconds))
    return figures


if __name__ == "__main__":
    main(__doc__, measure, seconds=60.0)

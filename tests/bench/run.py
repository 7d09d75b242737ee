"""Run every benchmark, keep the figures with machine, versions and command, and show them in the README.

    .venv/bin/python tests/bench/run.py            all of tests/bench/bench_*.py
    .venv/bin/python tests/bench/run.py ledger     only bench_ledger.py; the other figures stay as they were

A benchmark is a program that prints one JSON object with --json: {"figures": [{"name", "value", "unit",
"target"?, "peer"?, "note"?}]}; `peer` is {"name", "value"}, measured in the same run.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STORE = HERE / "figures.json"
BEGIN, END = "<!-- figures: begin (make bench) -->", "<!-- figures: end -->"


def machine() -> dict[str, str]:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return {
        "cpu": f"{cpu}, {os.cpu_count()} cores",
        "memory": f"{memory_gib:.0f} GiB",
        "system": f"{system}, Linux {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip(),
    }


def run(program: Path) -> dict:
    print(f"{program.stem} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-P", str(program), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program.name} failed:\n{done.stderr[-4000:]}")
    result = json.loads(done.stdout)
    result["command"] = f".venv/bin/python -P {program.relative_to(ROOT)} --json"
    result["at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")
    result["machine"] = machine()
    return result


def row(name: str, figure: dict) -> str:
    peer = figure.get("peer")
    beside = f"{peer['name']}: {peer['value']} {figure['unit']}" if peer else ""
    note = f" ({figure['note']})" if figure.get("note") else ""
    value = f"{figure['value']} {figure['unit']}"
    cells = (f"{figure['name']}{note}", value, figure.get("target", ""), beside, name)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def table(store: dict, *, whole: bool) -> str:
    """All figures, or those with a target."""
    rows = ["| measured | figure | target | beside it, same run | program |", "|---|---|---|---|---|"]
    rows += [
        row(name, figure)
        for name, result in sorted(store.items())
        for figure in result["figures"]
        if whole or figure.get("target")
    ]
    of = max(store.values(), key=lambda result: result["at"])["machine"]
    rows += ["", f"Machine: {of['cpu']}, {of['memory']}, {of['system']}, Python {of['python']}."]
    if not whole:
        rows += ["More, and what stands beside each: [tests/bench/FIGURES.md](tests/bench/FIGURES.md)."]
    rows += ["Every figure with its own command, date and commit: `tests/bench/figures.json`."]
    rows += ["All of them again: `make bench`."]
    return "\n".join(rows)


def show(store: dict) -> None:
    """All into FIGURES.md, those with a target into README.md, if it has the place for them."""
    (HERE / "FIGURES.md").write_text(f"# Figures\n\n{table(store, whole=True)}\n")
    readme = ROOT / "README.md"
    text = readme.read_text() if readme.exists() else ""
    if BEGIN not in text or END not in text:
        print(f"{readme} has no lines {BEGIN} and {END}: figures are in {STORE} alone", file=sys.stderr)
        return
    head, rest = text.split(BEGIN, 1)
    readme.write_text(f"{head}{BEGIN}\n{table(store, whole=False)}\n{END}{rest.split(END, 1)[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("only", nargs="*", help="names without bench_ and .py")
    parser.add_argument("--show", action="store_true", help="measure nothing: the figures kept, into README")
    chosen = parser.parse_args()
    store = json.loads(STORE.read_text()) if STORE.exists() else {}
    for program in sorted(HERE.glob("bench_*.py")) if not chosen.show else ():
        name = program.stem.removeprefix("bench_")
        if not chosen.only or name in chosen.only:
            store[name] = run(program)
            STORE.write_text(json.dumps(store, indent=1, sort_keys=True) + "\n")
    show(store)
    print(table(store, whole=True))


if __name__ == "__main__":
    main()

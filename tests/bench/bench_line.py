"""The line's decoders on a labelled corpus, beside the open decoders on the same files in the same run.

    .venv/bin/python -P tests/bench/bench_line.py --corpus DIR [--json] [--told] [--keep FILE.jsonl]

DIR holds score.py, peers/ and corpus/ (labels.json and the sound files); default: OFFHOOK_CORPUS, else
corpus/ beside the speech in the cache. Without one nothing is measured, and it is said where one is looked
for. --told tells each file's network; otherwise it is found. Peers are run as far as they are installed
(multimon-ng, minimodem, sox; spandsp: libspandsp-dev and gcc) and are told each file's standard and country.
CPU is this process's own, in seconds per hour of audio, one thread.
"""

# ruff: noqa: E402 (threads are limited before numpy is loaded, and what stands beside this file is found by path)
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

import soundfile
from measuring import figure, load, speech_folder

from firmware.cli.analyse_read import blocks_of, edges_of
from firmware.cli.analyse_report import report_of
from firmware.line.analyse import LineAnalyser
from firmware.line.dtmf import DtmfDetector
from firmware.line.fsk import FskMessage, FskReceiver
from firmware.line.hook import read_hook
from firmware.line.levels import LevelMeter
from firmware.line.tones import ToneBegun, ToneDetector

PEERS = {"multimon": "multimon-ng", "minimodem": "minimodem", "spandsp": "spandsp_peer"}
PARTS = {"DTMF": DtmfDetector, "FSK caller id": FskReceiver, "tones": ToneDetector, "levels": LevelMeter}
ALL = "all decoders together"
TARGETS = {ALL: "≤ 12"}
BLOCK = 80


def ours(corpus: Path, labels: list[dict], out: Path, *, told: bool) -> None:
    """Results in the scorer's shape, one line a file."""
    with out.open("w") as file:
        for label in labels:
            path = corpus / label["file"]
            began = time.process_time()
            if label["group"] == "hook":
                report = report_of(None, read_hook(edges_of(path)))
            else:
                analyser = LineAnalyser(label.get("country") if told else None)
                for block in blocks_of(path):
                    analyser.feed(block)
                report = report_of(analyser.finish(), None)
            row = {"file": label["file"], **report, "cpu_s": time.process_time() - began}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def peers(folder: Path, corpus: Path, results: Path) -> dict[str, Path]:
    """The decoders that are installed, by name, each with its results."""
    tools = results / "peers"
    shutil.copytree(folder / "peers", tools)
    shutil.copy(folder / "make_corpus.py", results)
    compile_peer = ["gcc", "-O2", "-o", "spandsp_peer", "spandsp_peer.c", "-lspandsp", "-ltiff", "-lm"]
    built = shutil.which("gcc") and subprocess.run(compile_peer, cwd=tools, capture_output=True, check=False)
    found = [
        name
        for name, tool in PEERS.items()
        if shutil.which(tool) and (name != "multimon" or shutil.which("sox"))
    ]
    found += ["spandsp"] if built and not built.returncode else []
    for name in found:
        command = [
            sys.executable,
            tools / "run_peers.py",
            "--corpus",
            corpus,
            "--results",
            results,
            "--only",
            name,
        ]
        subprocess.run(command, check=True, capture_output=True)
    return {name: results / f"{name}.jsonl" for name in found}


def score(folder: Path, corpus: Path, results: Path) -> dict:
    totals = results.with_suffix(".totals")
    command = [sys.executable, folder / "score.py", corpus / "labels.json", results, "--json", totals]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads(totals.read_text()) | by_condition(corpus, results)


def by_condition(corpus: Path, results: Path) -> dict:
    """What the scorer's totals leave out."""
    rows = {row["file"]: row for row in map(json.loads, results.read_text().splitlines())}
    labels = [
        label for label in json.loads((corpus / "labels.json").read_text())["files"] if label["file"] in rows
    ]

    def plain(number: str | None) -> str:
        return re.sub(r"[\s()+-]", "", number or "")

    def right(label: dict) -> bool:
        want, told = plain(label["caller_id"][0]["number"]), rows[label["file"]].get("caller_id", [])
        return any(plain(one["number"]) == want for one in told if one["checksum_ok"] is not False)

    def damaged(label: dict) -> bool:
        return any(one["checksum_ok"] is False for one in rows[label["file"]].get("caller_id", []))

    def lists(group: str, key: str) -> int | None:
        if not any(key in row for row in rows.values()):
            return None  # it does not do that
        return sum(len(rows[one["file"]].get(key, [])) for one in labels if one["group"] == group)

    bad = [one for one in labels if one["condition"] in ("bad_checksum", "cut_off")]
    return {
        "snr_6": sum(right(one) for one in labels if one["condition"] == "snr_6"),
        "snr_4": sum(right(one) for one in labels if one["condition"] == "snr_4"),
        "damaged_told": f"{sum(map(damaged, bad))}/{len(bad)}",
        "false_tones": lists("talkoff", "tones"),
        "hook_right": sum(
            [event["kind"] for event in rows[one["file"]].get("hook", [])]
            == [event["kind"] for event in one["hook"]]
            for one in labels
            if one["group"] == "hook"
        ),
    }


def costs(corpus: Path, labels: list[dict]) -> dict[str, float]:
    """CPU seconds per hour of speech, of each part alone and of all together."""
    files = [corpus / label["file"] for label in labels if label["group"] == "talkoff"][::4]
    sound = [soundfile.read(path, dtype="int16")[0] for path in files]
    hours = sum(map(len, sound)) / 8000 / 3600

    def cost(detector: type) -> float:
        began = time.process_time()
        for samples in sound:
            one = detector()
            for at in range(0, len(samples), 8000):
                one.feed(samples[at : at + 8000])
        return (time.process_time() - began) / hours

    cost(LineAnalyser)  # tables are made once
    return {name: cost(part) for name, part in {**PARTS, ALL: LineAnalyser}.items()}


def latency(corpus: Path, labels: list[dict], kind: str, detector: type, event: type) -> list[float]:
    """ms from the end of a message, or the start of a dial tone, to its event, in blocks of 10 ms."""
    found = []
    for label in labels:
        if not label["condition"].startswith(kind) or label.get("standard") == "dtmf":
            continue
        samples, one = soundfile.read(corpus / label["file"], dtype="int16")[0], detector()
        for at in range(0, len(samples), BLOCK):
            for told in one.feed(samples[at : at + BLOCK]):
                if isinstance(told, event):
                    since = told.end_sample if event is FskMessage else told.start_sample
                    found.append((at + BLOCK - since) / 8)
    return found


def measure(folder: Path, *, told: bool, keep: Path | None) -> list[dict]:
    corpus = folder / "corpus" if (folder / "corpus").is_dir() else folder
    labels = json.loads((corpus / "labels.json").read_text())["files"]
    with tempfile.TemporaryDirectory() as temporary:
        results = Path(temporary) / "ours.jsonl"
        ours(corpus, labels, results, told=told)
        if keep:
            shutil.copy(results, keep)
        our, beside = score(folder, corpus, results), {}
        for name, path in peers(folder, corpus, Path(temporary)).items():
            beside[name] = score(folder, corpus, path)
    return figures_of(our, beside, costs(corpus, labels), corpus, labels)


def figures_of(our: dict, beside: dict, cost: dict, corpus: Path, labels: list[dict]) -> list[dict]:
    def row(name: str, key: str, unit: str, target: str, *, scale: float = 1, digits: int = 1) -> dict:
        others = {
            peer: f"{scale * value:.{digits}f}"
            for peer, found in beside.items()
            if (value := found.get(key)) is not None
        }
        note = "; ".join(f"{peer} {value}" for peer, value in others.items())
        return figure(name, scale * (our.get(key) or 0), unit, digits, target=target, note=note)

    def part(text: str) -> tuple[int, int]:
        return tuple(int(count) for count in text.split("/"))

    def pair(name: str, group: str, key: str, target: str) -> dict:
        found, of = part(our[group][key])
        note = "; ".join(
            f"{peer} {other[group][key]}"
            for peer, other in beside.items()
            if "/" in other.get(group, {}).get(key, "")
        )
        return figure(name, found, f"of {of}", 0, target=target, note=note)

    told, of = part(our["damaged_told"])
    cid = latency(corpus, labels, "clean", FskReceiver, FskMessage)
    dial = latency(corpus, labels, "dial_", ToneDetector, ToneBegun)
    wrong, _ = part(our["call"]["digit_errors"])
    return [
        row("DTMF that must be decoded, errors", "dtmf_accept_error", "%", "0", scale=100),
        row("DTMF that must be rejected, reported", "dtmf_reject_reported", "%", "0", scale=100),
        row("DTMF beyond the standards, errors", "dtmf_info_error", "%", "below every peer", scale=100),
        row("digits in speech", "talkoff_digits_per_hour", "an hour", "0"),
        row("caller id that must be decoded", "caller_id_accept", "%", "100", scale=100),
        row("caller id, wrong numbers claimed", "caller_id_wrong_numbers", "of 298", "0", digits=0),
        figure("caller id, damaged or cut off and told so", told, f"of {of}", 0, target=str(of)),
        row("caller id at SNR 6 dB", "snr_6", "of 12", "≥ 10", digits=0),
        row("caller id at SNR 4 dB", "snr_4", "of 12", "", digits=0),
        pair("call-progress tones found", "progress", "tones", "≥ 65"),
        row("false tones in 30 min of speech and music", "false_tones", "tones", "0", digits=0),
        pair("outcomes right", "progress", "outcomes", "57"),
        pair("whole calls, outcomes right", "call", "outcomes", "12"),
        pair("whole calls, caller ids right", "call", "caller_ids", "5"),
        figure("whole calls, digit errors", wrong, "of 71", 0, target="0"),
        figure("hook lists right", our["hook_right"], "of 12", 0, target="12"),
        figure("caller id after its last bit, slowest", max(cid, default=0.0), "ms", 0, target="≤ 100"),
        figure("dial tone after its start, slowest", max(dial, default=0.0), "ms", 0, target="≤ 500"),
        *[
            figure(f"CPU, {name}", value, "s/h of speech", target=TARGETS.get(name, ""), note=load())
            for name, value in cost.items()
        ],
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("OFFHOOK_CORPUS") or speech_folder().parent / "corpus")
    parser.add_argument("--corpus", type=Path, default=default, help=f"default {default}")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--told", action="store_true", help="tell each file's network")
    parser.add_argument("--keep", type=Path, help="keep our results here, as the scorer reads them")
    chosen = parser.parse_args()
    if not (chosen.corpus / "score.py").exists():
        print(f"no corpus in {chosen.corpus}: give --corpus or set OFFHOOK_CORPUS", file=sys.stderr)
        figures = []
    else:
        figures = measure(chosen.corpus, told=chosen.told, keep=chosen.keep)
    if chosen.json:
        print(json.dumps({"figures": figures}, ensure_ascii=False))
        return
    for one in figures:
        rest = "; ".join(f"{key} {one[key]}" for key in ("target", "note") if one.get(key))
        print(f"{one['name']}: {one['value']} {one['unit']}  {rest}")


if __name__ == "__main__":
    main()

"""DTMF on a labelled corpus, beside multimon-ng and spandsp on the same files in the same run.

    .venv/bin/python -P tests/bench/bench_line_dtmf.py --json [--corpus DIR] [--peers DIR]

The corpus holds labels.json: {"files": [{"file", "group", "condition", "expect", "duration", "digits":
[{"digit"}], "presented"}]}, groups `dtmf` and `talkoff`, expect accept | reject | info, 8 kHz wav.
--peers: a folder with `spandsp_peer`, a program that reads "path<TAB>tones" lines and prints one JSON object
with "digits" each. Without a corpus only cost and latency are measured, on synthetic digits in noise.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import time
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from firmware.line.dtmf import DtmfDetector

RATE, BLOCK = 8000, 800
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
Decoder = Callable[[Path, list[dict]], list[str]]


def samples_of(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def decode(samples: np.ndarray) -> str:
    detector = DtmfDetector()
    told = [one for at in range(0, len(samples), BLOCK) for one in detector.feed(samples[at : at + BLOCK])]
    return "".join(one.digit for one in told + detector.finish())


def ours(corpus: Path, files: list[dict]) -> list[str]:
    return [decode(samples_of(corpus / one["file"])) for one in files]


def multimon(corpus: Path, files: list[dict]) -> list[str]:
    told = []
    for one in files:
        raw = subprocess.run(
            ["sox", "-R", corpus / one["file"], "-t", "raw", "-r", "22050", "-e", "signed", "-b", "16", "-"],
            capture_output=True,
            check=True,
        ).stdout
        text = subprocess.run(
            ["multimon-ng", "-q", "-a", "DTMF", "-t", "raw", "-"], input=raw, capture_output=True, check=True
        ).stdout.decode("ascii", "replace")
        told.append("".join(re.findall(r"DTMF: ([0-9A-D*#])", text)))
    return told


def spandsp(program: Path, mode: str) -> Decoder:
    def run(corpus: Path, files: list[dict]) -> list[str]:
        lines = "".join(f"{corpus / one['file']}\tdial=450,0,700,0\n" for one in files)
        done = subprocess.run([program, mode], input=lines, capture_output=True, text=True, check=True)
        return ["".join(d["digit"] for d in json.loads(line)["digits"]) for line in done.stdout.splitlines()]

    return run


def edits(want: str, got: str) -> int:
    row = list(range(len(got) + 1))
    for i, one in enumerate(want, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (one != other))
    return row[-1]


def rates(files: list[dict], told: list[str]) -> dict[tuple[str, str], float]:
    """Percent of digits in error (reject: reported), by (expect, condition) and (expect, "")."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one, digits in zip(files, told, strict=True):
        if one["group"] != "dtmf":
            continue
        want = "".join(digit["digit"] for digit in one["digits"])
        bad = len(digits) if one["expect"] == "reject" else edits(want, digits)
        for condition in (one["condition"], ""):
            entry = sums[one["expect"], condition]
            entry[0] += bad
            entry[1] += one.get("presented", len(want))
    return {key: 100 * bad / count for key, (bad, count) in sums.items()}


def on_corpus(corpus: Path, peers: dict[str, Decoder]) -> Iterator[dict]:
    everything = json.loads((corpus / "labels.json").read_text())["files"]
    files = [one for one in everything if one["group"] in ("dtmf", "talkoff")]
    told = {name: decoder(corpus, files) for name, decoder in {"offhook": ours, **peers}.items()}
    tables = {name: rates(files, answers) for name, answers in told.items()}
    mine = tables.pop("offhook")
    wanted = {
        "accept": ("DTMF that must be decoded: error", "0"),
        "reject": ("DTMF that must be rejected: reported", "0"),
    }
    for (expect, condition), value in mine.items():
        if condition and expect != "info":
            continue
        name, target = wanted.get(expect, (f"DTMF beyond the standards: {condition or 'all'}: error", ""))
        beside = {peer: round(table[expect, condition], 1) for peer, table in tables.items()}
        best = min(beside, key=lambda peer: beside[peer], default="")
        row = figure(name, round(value, 1), "%", target or (f"< {beside[best]}, or 0" if best else ""))
        yield row | ({"peer": {"name": best, "value": beside[best]}} if best else {})
    hours = sum(one["duration"] for one in files if one["group"] == "talkoff") / 3600
    for name, answers in told.items():
        false = sum(
            len(digits) for one, digits in zip(files, answers, strict=True) if one["group"] == "talkoff"
        )
        yield figure(f"digits in {60 * hours:.0f} min of speech and music: {name}", false, "digits", "0")


def cost(samples: np.ndarray) -> float:
    """Seconds of CPU for an hour, fed in blocks of 100 ms."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    decode(samples)
    after = resource.getrusage(resource.RUSAGE_SELF)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return busy / (len(samples) / RATE) * 3600


def dialled(seconds: int) -> np.ndarray:
    """A digit each 200 ms, 20 dB over white noise."""
    rng, at = np.random.default_rng(1), np.arange(800) / RATE
    sound = rng.standard_normal(seconds * RATE) * 0.01
    for k in range(seconds * 5):
        low, high = rng.choice(LOW), rng.choice(HIGH)
        sound[k * 1600 : k * 1600 + 800] += 0.1 * (
            np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at)
        )
    return np.round(sound * 32767).astype(np.int16)


def latency_ms(samples: np.ndarray) -> float:
    """Longest time from a tone's end to its digit, fed in blocks of 10 ms."""
    detector, waits = DtmfDetector(), []
    for at in range(0, len(samples), 80):
        waits += [(at + 80) % 1600 - 800 for _ in detector.feed(samples[at : at + 80])]
    return max(waits) * 1000 / RATE


def figure(name: str, value: float, unit: str, target: str = "") -> dict:
    return {"name": name, "value": value, "unit": unit} | ({"target": target} if target else {})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    digits = dialled(60)
    began = time.process_time()
    figures = [
        figure(
            "DTMF: CPU for an hour of speech-free line", round(cost(np.zeros(600 * RATE, np.int16)), 1), "s"
        ),
        figure("DTMF: CPU for an hour of nothing but digits", round(cost(digits), 1), "s"),
        figure("DTMF: longest wait from a tone's end to its digit", round(latency_ms(digits)), "ms", "≤ 60"),
    ]
    if options.corpus:
        peers: dict[str, Decoder] = {"multimon-ng": multimon} if shutil.which("multimon-ng") else {}
        if options.peers:
            program = options.peers / "spandsp_peer"
            peers |= {"spandsp": spandsp(program, "d"), "spandsp, dial-tone filter": spandsp(program, "f")}
        figures += on_corpus(options.corpus, peers)
        talk = [
            samples_of(options.corpus / one["file"])
            for one in json.loads((options.corpus / "labels.json").read_text())["files"]
            if one["group"] == "talkoff"
        ]
        figures.append(
            figure("DTMF: CPU for an hour of speech", round(cost(np.concatenate(talk)), 1), "s", "≤ 4")
        )
    print(
        json.dumps({"figures": figures, "took_s": round(time.process_time() - began, 1)}, ensure_ascii=False)
    )


if __name__ == "__main__":
    main()

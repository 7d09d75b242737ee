"""How true a recording is to the line: calls opened from a vault, against what was on the line.

.venv/bin/python -P tests/bench/bench_sound.py [--json] [--seed 1]
"""

# ruff: noqa: E402 (what stands beside this file is found by its path)
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT), str(ROOT / "hil_tests")]

import numpy as np
from alignment import RATE_HZ, align, segmental_snr_db
from evidence_of import last_recording, opened, truth
from measuring import figure, main, speech_folder

from sync.demo.calls import outgoing_answered
from sync.demo.site import Site
from sync.demo.speech import Speech


def call(codec: str, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """One call: what was recorded, what was on the line from where it begins on, bytes."""
    settings = {"audio": {"codec": codec}}
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder), settings=settings) as site:
        outgoing_answered(site.line, Speech(speech_folder(), seed))
        site.desk.wait_on_hook()
        site.desk.wait_delivered()
        entry = last_recording(site)
        recorded, _ = opened(site, str(entry.body["call"]))
        line = truth(site)
    offset = align(recorded, line).offset
    return recorded, line[offset : offset + len(recorded)], int(entry.body["size"])


def per_hour(size: int, samples: int) -> float:
    return size * 3600 / (samples / RATE_HZ) / 1e6


def measure(seed: int) -> list[dict]:
    heard, line, size = call("opus", seed)
    found = align(heard, line)
    exact, delivered, exact_size = call("flac", seed)
    differing = int(np.count_nonzero(exact != delivered))
    return [
        figure("worst shift of any second of a call against the line", found.worst_lag_ms, "ms", 2,
               target="< 1", note=f"{len(found.lags)} seconds with sound of {len(heard) / RATE_HZ:.0f}"),
        figure("Opus 24 kbit/s: segmental SNR, tones and speech", segmental_snr_db(heard, line), "dB",
               note=f"mean correlation {found.likeness:.4f}"),
        figure("Opus 24 kbit/s, sealed: size", per_hour(size, len(heard)), "MB/h"),
        figure("FLAC: samples that differ from what the driver delivered", differing, f"of {len(exact)}", 0,
               target="0"),
        figure("FLAC, sealed: size", per_hour(exact_size, len(exact)), "MB/h"),
    ]  # fmt: skip


if __name__ == "__main__":
    main(__doc__, measure, seed=1)

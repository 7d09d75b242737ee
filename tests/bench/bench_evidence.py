"""Sealing and verifying, in one thread of one process: MB of recording a second.

    .venv/bin/python -P tests/bench/bench_evidence.py [--json] [--megabytes 64]

Verifying is what `offhook verify` does with a file: read, walk, hash, and with the archive's key open every
frame and check its timeline. In the same run: `openssl speed` at blocks of the same size.
"""

# ruff: noqa: E402 (what stands beside this file is found by its path)
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from measuring import figure, load, main

from firmware.evidence.gather import Keys, find, gather
from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.recording import AudioFormat, Header, encode_audio, encode_end
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.verdict import Severity
from firmware.evidence.verify import judge

REPEATS = 3
PCM_SAMPLES = 8000  # the most that a frame may hold: 1 s
LOOK_AHEAD = 52  # samples that Opus packets hold beyond those recorded
TOC = 0xE8  # an Opus packet of 20 ms in one CELT frame, narrow band, mono


def opus(first: int) -> bytes:
    """1 s at 24 kbit/s."""
    return encode_audio(first, [bytes([TOC]) + os.urandom(59) for _ in range(50)])


def pcm(first: int) -> bytes:
    """1 s of two channels, as 10 packets of 100 ms."""
    return encode_audio(first, [os.urandom(PCM_SAMPLES * 4 // 10) for _ in range(10)])


KINDS = {
    "Opus frames of 1 s": (AudioFormat(channels=1, codec="opus", frame_ms=20, rate_hz=8000), opus),
    "large frames (PCM, stereo, 1 s)": (
        AudioFormat(channels=2, codec="pcm_s16le", frame_ms=100, rate_hz=8000),
        pcm,
    ),
}


def write(folder: Path, audio: AudioFormat, make, key: ArchivePrivateKey, size: int) -> tuple[Path, float]:
    """A recording of about `size` bytes, and the MB/s at which its frames were sealed."""
    header = Header(
        audio=audio,
        boot="0b6f6a3e-5f0c-4b7e-9d55-2f7a7f6b7a10",
        call="bench/1",
        desk="bench",
        started="2026-11-22T08:00:00.000000Z",
    )
    sealer = RecordingSealer(header, [key.public])
    count = size // len(make(0))
    # The same minute of frames again and again: making randomness is not what is measured.
    minute = [make(second * PCM_SAMPLES) for second in range(min(60, count))]
    plain = [first_sample(second, minute[second % len(minute)]) for second in range(count)]
    path = folder / f"{audio.codec}" / "000000000001.ohr"
    path.parent.mkdir()
    began = time.process_time()
    sealed = [sealer.seal(one) for one in plain]
    took = time.process_time() - began
    samples = count * PCM_SAMPLES - (LOOK_AHEAD if audio.codec == "opus" else 0)
    end = {"ended_by": "on_hook", "gaps": 0, "lost_samples": 0, "samples": samples}
    path.write_bytes(b"".join((sealer.intro, *sealed, sealer.seal(encode_end(end), last=True))))
    return path, sum(map(len, sealed)) / 1e6 / took


def first_sample(second: int, frame: bytes) -> bytes:
    """The frame moved to this second: its position is the u64 behind the kind."""
    return frame[:1] + (second * PCM_SAMPLES).to_bytes(8, "big") + frame[9:]


def verify(path: Path, key: ArchivePrivateKey | None) -> float:
    """MB/s, the best of some: the first reads the file into memory."""
    speeds = []
    for _ in range(REPEATS):
        began = time.process_time()
        rows = judge(gather(find([path]), Keys(archive=key)))
        speeds.append(path.stat().st_size / 1e6 / (time.process_time() - began))
        if any(row.verdict >= Severity.WRONG for row in rows):
            raise SystemExit(f"{path}: {rows}")
    return max(speeds)


def openssl(algorithm: str, size: int) -> float:
    """MB/s of `openssl speed` at blocks of `size` bytes."""
    command = ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(size), "-evp", algorithm]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"^\+F:\d+:[^:]+:([\d.]+)$", done.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(f"`{' '.join(command)}` said {done.stdout}")
    return float(found[1]) / 1e6


def rows_of(name: str, sealing: float, with_key: float, without: float, size: int) -> Iterable[dict]:
    chacha, sha = openssl("chacha20-poly1305", size), openssl("sha256", size)
    both = 1 / (1 / chacha + 1 / sha)
    note = f"frames of {size} bytes; {load()}"
    yield figure(
        f"seal, {name}", sealing, "MB/s", 0, note=note, peer=("openssl speed chacha20-poly1305", chacha)
    )
    yield figure(
        f"verify with the archive's key, {name}",
        with_key,
        "MB/s",
        0,
        target="≥ 300",
        note="hash, open, timeline",
        peer=("openssl speed chacha20-poly1305 and sha256 in turn", both),
    )
    yield figure(f"verify without a key, {name}", without, "MB/s", 0, target="≥ 300",
                 note="walk, hash", peer=("openssl speed sha256", sha))  # fmt: skip


def measure(megabytes: int) -> list[dict]:
    figures, key = [], ArchivePrivateKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        for name, (audio, make) in KINDS.items():
            path, sealing = write(Path(folder), audio, make, key, megabytes * 10**6)
            figures += rows_of(name, sealing, verify(path, key), verify(path, None), len(make(0)))
    return figures


if __name__ == "__main__":
    main(__doc__, measure, megabytes=64)

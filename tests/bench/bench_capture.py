"""Capture in real time, as in a recorder: sound card → ear → blocks → Opus → sealed frames → disk.

    python tests/bench/bench_capture.py [--json] [--seconds 30]

CPU is that of the process itself (psutil), in percent of one core; memory is RSS at the end. The sound card
is the virtual desk's, read by real PyAudio. Beside it, in the same run: a bare PyAudio loop of 20 ms blocks
that does nothing.
"""

# ruff: noqa: PLC0415 (the measured process imports what a recorder imports, and nothing that measures)
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
BOOT = "0b6f6a3e-5f0c-4b7e-9d55-2f7a7f6b7a10"
CONFIGURATIONS = {
    "8 kHz mono, Opus": {"rate_hz": 8000, "channels": 1, "codec": "opus"},
    "48 kHz stereo card, Opus": {"rate_hz": 48000, "channels": 2, "codec": "opus"},
    "8 kHz mono, FLAC": {"rate_hz": 8000, "channels": 1, "codec": "flac"},
}
LIFTS = 30


def speech_like(seconds, rate_hz, channels):
    """Harmonics with a moving pitch, in bursts with pauses, over noise at -68 dBFS."""
    import numpy as np

    rng = np.random.default_rng(1)
    at = np.arange(seconds * rate_hz) / rate_hz
    phase = np.cumsum(2 * np.pi * (120 + 20 * np.sin(2 * np.pi * 0.7 * at)) / rate_hz)
    voice = sum(np.sin(k * phase) / k for k in range(1, 16)) * np.clip(np.sin(2 * np.pi * 0.6 * at), 0, 1)
    mono = np.rint(voice * 3000 + rng.normal(0, 13, len(at))).astype("<i2")
    return np.stack([mono] * channels, axis=1)


class Card:
    """A virtual sound card in a folder of its own, fed in real time."""

    def __init__(self, folder: Path, rate_hz: int, channels: int) -> None:
        from drivers.virtual.sound.asound import write_asound_conf
        from drivers.virtual.sound.build import plugin_library
        from drivers.virtual.sound.memory import CardMemory

        self.conf = folder / "asound.conf"
        self._rate_hz, self._epoch_ns = rate_hz, time.monotonic_ns()
        self._sound = speech_like(10, rate_hz, channels)
        self.memory = CardMemory(
            folder / "card", rate_hz=rate_hz, channels=channels, mode="elastic", epoch_ns=self._epoch_ns
        )
        write_asound_conf(
            self.conf, name="desk-line", memory=self.memory.path, library=plugin_library(folder)
        )
        self._closing = threading.Event()
        self._feed()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self._closing.wait(0.1):
            self._feed()

    def _feed(self) -> None:
        due = int((time.monotonic_ns() - self._epoch_ns) / 1e9 * self._rate_hz + 0.5 * self._rate_hz)
        while (count := due - self.memory.written) > 0:
            at = self.memory.written % len(self._sound)
            self.memory.write(self._sound[at : at + count])

    def close(self) -> None:
        self._closing.set()
        self.memory.close()


class Worker:
    """In the measured process: what a recorder's composition root does with capture, and no more."""

    def __init__(self, state_dir: Path, rate_hz: int, channels: int, codec: str) -> None:
        from drivers.audio.pyaudio_input import PyAudioInput
        from firmware.capture.encoders import CodecSettings
        from firmware.capture.thread import CaptureThread
        from firmware.evidence.keys import ArchivePrivateKey
        from firmware.spool.spool import Spool

        self.recipient = ArchivePrivateKey.generate().public
        self.codec = CodecSettings(codec)
        self.spool = Spool(state_dir)
        self.spool.prepare()
        self.durable, self.ended = threading.Event(), threading.Event()
        self.durable_ns = 0
        self.failure: BaseException | None = None
        self.capture = CaptureThread(
            codec=self.codec,
            preroll_s=2.0,
            queue_s=30.0,
            on_durable=self._on_durable,
            on_finished=self._on_finished,
            on_failure=self._on_failure,
        )
        self.source = PyAudioInput(device="desk-line", rate_hz=rate_hz, channels=channels)
        self.capture.start()
        self.source.start(self.capture.emit)

    def _on_durable(self, progress) -> None:
        if not self.durable.is_set():
            self.durable_ns = progress.grown_ns
            self.durable.set()

    def _on_finished(self, finished) -> None:
        if finished.error:
            raise RuntimeError(finished.error)
        finished.file.finish()
        self.finished = finished
        self.ended.set()

    def _on_failure(self, error: BaseException) -> None:
        self.failure = error
        print(f"capture failed: {error!r}", file=sys.stderr)
        os._exit(1)

    def call(self, seq: int, seconds: float) -> float:
        """Record; returns milliseconds from the lift to the first durable audio."""
        from firmware.capture.progress import OpenFile
        from firmware.evidence.recording import AudioFormat, Header
        from firmware.evidence.sealing import RecordingSealer

        def open_file(_started_ns):
            audio = AudioFormat(
                channels=1, codec=self.codec.codec, frame_ms=self.codec.frame_ms, rate_hz=8000
            )
            header = Header(
                audio=audio,
                boot=BOOT,
                call=f"bench/{seq}",
                desk="bench",
                started="2026-11-22T08:00:00.000000Z",
            )
            return OpenFile(RecordingSealer(header, [self.recipient]), self.spool.create(seq))

        self.durable.clear()
        self.ended.clear()
        lifted_ns = time.monotonic_ns()
        self.capture.begin(f"bench/{seq}", lifted_ns, open_file)
        self.durable.wait()
        time.sleep(seconds)
        self.capture.end(time.monotonic_ns(), "on_hook")
        self.ended.wait()
        return (self.durable_ns - lifted_ns) / 1e6


def cpu_s(pid: int) -> float:
    """User and system time; not by psutil, which would weigh in the process that is measured."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> tuple[float, float]:
    """RSS, and what of it no other process shares."""
    rows = dict(line.split()[:2] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    unshared = int(rows["Private_Clean:"]) + int(rows["Private_Dirty:"])
    return int(rows["Rss:"]) * 1024 / 1e6, unshared * 1024 / 1e6


def worker(options) -> None:
    os.environ["ALSA_CONFIG_PATH"] = options.conf
    work = Worker(Path(options.state), options.rate, options.channels, options.codec)
    while not work.capture.status().present:
        time.sleep(0.05)
    time.sleep(3)
    me, ear = os.getpid(), work.source.ear_pid
    lifts = [work.call(seq, 0.2) for seq in range(1, LIFTS + 1)]
    began, mine, the_ears = time.monotonic(), cpu_s(me), cpu_s(ear)
    work.call(LIFTS + 1, options.seconds)
    took = time.monotonic() - began
    result = {
        "recorder_cpu_percent": (cpu_s(me) - mine) / took * 100,
        "ear_cpu_percent": (cpu_s(ear) - the_ears) / took * 100,
        "recorder_mb": memory_mb(me),
        "ear_mb": memory_mb(ear),
        "lift_ms": lifts,
        "lost_samples": work.finished.lost_samples,
    }
    work.source.close()
    work.capture.close()
    print(json.dumps(result))


BARE = """
import json, sys, time, pyaudio
p = pyaudio.PyAudio()
names = [p.get_device_info_by_index(i)["name"] for i in range(p.get_device_count())]
seconds, rate, channels = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
s = p.open(rate, channels, pyaudio.paInt16, input=True, input_device_index=names.index("desk-line"),
    frames_per_buffer=rate // 50)
began, wall = time.process_time(), time.monotonic()
while time.monotonic() - wall < seconds:
    s.read(rate // 50)
print(json.dumps((time.process_time() - began) / (time.monotonic() - wall) * 100))
"""


def start(folder: Path, name: str, seconds: float, **options) -> tuple[Card, subprocess.Popen]:
    folder.mkdir()
    card = Card(folder, options["rate_hz"], options["channels"])
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(card.conf), "JACK_NO_START_SERVER": "1"}
    environment["OPENBLAS_NUM_THREADS"] = (
        "1"  # as the unit file sets it: no BLAS is used, its threads cost memory
    )
    if name == "bare":
        command = [
            sys.executable,
            "-c",
            BARE,
            str(seconds),
            str(options["rate_hz"]),
            str(options["channels"]),
        ]
    else:
        command = [sys.executable, "-P", __file__, "--worker", "--state", str(folder / "state")]
        command += ["--conf", str(card.conf), "--codec", options["codec"], "--seconds", str(seconds)]
        command += ["--rate", str(options["rate_hz"]), "--channels", str(options["channels"])]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return card, subprocess.Popen(command, env=environment, cwd=ROOT, **streams)


def finish(name: str, card: Card, process: subprocess.Popen):
    out, err = process.communicate()
    card.close()
    if process.returncode:
        raise SystemExit(f"{name} failed:\n{err.decode()}")
    return json.loads(out)


def encode_figures() -> list[dict]:
    """Seconds of CPU that encode, seal and hash an hour of audio; no disk, no sound card."""
    from firmware.capture.encoders import CodecSettings, open_encoder
    from firmware.capture.progress import OpenFile
    from firmware.capture.writer import RecordingWriter
    from firmware.evidence.keys import ArchivePrivateKey
    from firmware.evidence.recording import AudioFormat, Header
    from firmware.evidence.sealing import RecordingSealer

    class Nowhere:
        def append(self, data: bytes) -> None: ...
        def sync(self) -> None: ...

    recipient, figures = ArchivePrivateKey.generate().public, []
    raw = speech_like(60, 8000, 1).tobytes()
    for codec in ("opus", "flac", "pcm_s16le"):
        settings = CodecSettings(codec)
        audio = AudioFormat(channels=1, codec=codec, frame_ms=settings.frame_ms, rate_hz=8000)
        header = Header(
            audio=audio, boot=BOOT, call="bench/1", desk="bench", started="2026-11-22T08:00:00.000000Z"
        )
        opened = OpenFile(RecordingSealer(header, [recipient]), Nowhere())
        writer = RecordingWriter(
            call="bench/1", opened=opened, encoder=open_encoder(settings), channels=1, started_ns=0
        )
        began = time.process_time()
        for at in range(0, len(raw), 1600):
            writer.audio(raw[at : at + 1600])
        finished = writer.finish(ended_by="on_hook", ended_ns=0)
        cpu = (time.process_time() - began) * 60
        note = f"{finished.size * 60 / 1e6:.1f} MB/h"
        figures.append(
            figure(f"encode and seal, {codec}", round(cpu, 1), "s CPU per hour of audio", note=note)
        )
    return figures


def figure(name: str, value: float, unit: str, **more) -> dict:
    return {"name": name, "value": value, "unit": unit, **more}


def figures_of(name: str, result: dict, bare: float) -> list[dict]:
    total = result["recorder_cpu_percent"] + result["ear_cpu_percent"]
    parts = f"capture {result['recorder_cpu_percent']:.2f}, ear {result['ear_cpu_percent']:.2f}"
    (mine, my_own), (the_ears, its_own) = result["recorder_mb"], result["ear_mb"]
    memory = mine + the_ears
    # The ear's share counts the virtual card's ring, 6 MB at 48 kHz stereo, which a real card does not have.
    shares = f"capture {mine:.0f}, ear {the_ears:.0f}; unshared {my_own + its_own:.0f}"
    rows = [
        figure(
            f"capture with its ear, {name}",
            round(total, 2),
            "% of a core",
            target="≤ 2.5",
            note=parts,
            peer={"name": "bare PyAudio loop, 20 ms blocks", "value": round(bare, 2)},
        ),
        figure(
            f"capture with its ear, {name}, memory", round(memory, 1), "MB RSS", target="≤ 60", note=shares
        ),
    ]
    if result["lost_samples"]:
        rows.append(figure(f"lost, {name}", result["lost_samples"], "samples", target="0"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    for name, kind in {"state": str, "conf": str, "codec": str, "rate": int, "channels": int}.items():
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options)
        return
    with tempfile.TemporaryDirectory() as base:
        runs = {"bare": start(Path(base) / "bare", "bare", options.seconds, rate_hz=8000, channels=1)}
        for number, (name, configuration) in enumerate(CONFIGURATIONS.items()):
            runs[name] = start(Path(base) / str(number), name, options.seconds, **configuration)
        results = {name: finish(name, *run) for name, run in runs.items()}
    figures = []
    for name in CONFIGURATIONS:
        figures += figures_of(name, results[name], results["bare"])
    lifts = sorted(results["8 kHz mono, Opus"]["lift_ms"])
    note = f"median; slowest of {LIFTS}: {lifts[-1]:.0f}; 2 s of pre-roll encoded, sealed, synced"
    figures.append(figure("lift to first durable audio", round(lifts[len(lifts) // 2], 1), "ms", note=note))
    figures += encode_figures()
    if options.json:
        print(json.dumps({"figures": figures}))
        return
    for row in figures:
        print(f"{row['name']}: {row['value']} {row['unit']} {row.get('note', '')}")


if __name__ == "__main__":
    main()

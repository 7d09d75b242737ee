"""The ear: one small process that holds one sound card and does nothing else.

    python -I -S ear.py --path SITE --parent PID --device NAME --rate 8000 --channels 1 --block-ms 100
    python -I -S ear.py --path SITE --parent PID --list yes

A process of its own because of what PortAudio does (measured): after an unplug its thread spins for ever and
close may hang, so only SIGKILL helps; the device list is frozen while any instance lives; some configurations
abort the process; and Python work beside the callback loses samples. Run by path with -I -S, importing only
pyaudio and built-in modules: every import costs the desk memory.

On stdout, framed: kind (1 byte), flags (1), length (u32 BE), monotonic ns (u64 BE), then `length` bytes:
    D  opened: the device's full name           B  block: raw interleaved s16le; flags bit 0: samples were
    lost before it
    X  cannot: a sentence; the ear ends         L  list: one JSON text
It never closes PortAudio: it ends by _exit, or by the signal that its parent or the kernel (PR_SET_PDEATHSIG,
set by the parent's setpriv) sends.
"""

from __future__ import annotations

import os
import sys
from _queue import Empty, SimpleQueue  # built in; `queue` would import threading
from time import monotonic_ns

TYPE_CHECKING = False  # `typing` would cost a megabyte
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pyaudio import PyAudio

    Queue = SimpleQueue[tuple[int, int, bytes]]

RATES_HZ = (8000, 16000, 44100, 48000)
OVERFLOWED = 1
QUEUE_BLOCKS = 100  # 10 s: the parent reads at once or is dead
PA_INPUT_OVERFLOW = 2


def pack(kind: bytes, at_ns: int, payload: bytes, flags: int = 0) -> bytes:
    return kind + bytes((flags,)) + len(payload).to_bytes(4, "big") + at_ns.to_bytes(8, "big") + payload


def send(message: bytes) -> None:
    """Write all; the parent's end of the pipe being gone ends the ear."""
    view = memoryview(message)
    while view:
        try:
            view = view[os.write(1, view) :]
        except BrokenPipeError:
            os._exit(0)


def refuse(reason: str) -> NoReturn:
    send(pack(b"X", monotonic_ns(), reason.encode()))
    os._exit(1)


def choose(names: list[str], wanted: str) -> int:
    """Index of the one device that is called `wanted`, or else whose name contains it.

    LookupError tells what is there.
    """
    exact = [index for index, name in enumerate(names) if name == wanted]
    matches = exact or [index for index, name in enumerate(names) if wanted and wanted in name]
    if len(matches) == 1:
        return matches[0]
    there = "; ".join(repr(name) for name in names) or "none"
    if not wanted:
        raise LookupError(f"audio.device is not set: name one of the sound cards that are there: {there}")
    if matches:
        several = "; ".join(repr(names[index]) for index in matches)
        raise LookupError(
            f"audio.device {wanted!r} fits {len(matches)} sound cards ({several}): name one of them in full"
        )
    # PortAudio leaves out what it cannot open.
    raise LookupError(f"no sound card called {wanted!r}, or another program has it; there are: {there}")


def capture_devices(portaudio: PyAudio) -> list[dict[str, Any]]:
    """Every device that captures, as PortAudio tells it."""
    every = [portaudio.get_device_info_by_index(index) for index in range(portaudio.get_device_count())]
    return [info for info in every if info["maxInputChannels"] > 0]


def formats(portaudio: PyAudio, index: int) -> list[list[int]]:
    """[rate, channels] pairs that the card takes, of those that we could use."""
    taken = []
    for rate in RATES_HZ:
        for channels in (1, 2):
            try:
                portaudio.is_format_supported(
                    rate, input_device=index, input_channels=channels, input_format=8
                )
            except ValueError:
                continue
            taken.append([rate, channels])
    return taken


def as_json(portaudio: PyAudio) -> str:
    import json  # noqa: PLC0415 (only the list pays for it)

    rows = [
        {
            "index": info["index"],
            "name": info["name"],
            "channels": info["maxInputChannels"],
            "default_rate_hz": int(info["defaultSampleRate"]),
            "formats": formats(portaudio, info["index"]),
        }
        for info in capture_devices(portaudio)
    ]
    return json.dumps(rows)


def listen(portaudio: PyAudio, queue: Queue, options: dict[str, str]) -> Any:
    """Open the card; from now on its thread puts blocks on the queue."""
    infos = capture_devices(portaudio)
    try:
        info = infos[choose([info["name"] for info in infos], options["device"])]
    except LookupError as error:
        refuse(str(error))
    rate, channels = int(options["rate"]), int(options["channels"])

    def on_block(samples: bytes, _frames: int, _times: object, flags: int) -> tuple[None, int]:
        queue.put((monotonic_ns(), flags, samples))
        return None, 0  # paContinue

    try:
        stream = portaudio.open(
            rate=rate,
            channels=channels,
            format=8,  # paInt16
            input=True,
            input_device_index=info["index"],
            frames_per_buffer=rate * int(options["block-ms"]) // 1000,
            stream_callback=on_block,
        )
    except (OSError, ValueError) as error:
        taken = (
            ", ".join(f"{r} Hz x {c}" for r, c in formats(portaudio, info["index"]))
            or "none now (is it in use?)"
        )
        refuse(f"{info['name']!r} refuses {rate} Hz x {channels}: {error}; it takes: {taken}")
    send(pack(b"D", monotonic_ns(), info["name"].encode()))
    return stream


def forward(queue: Queue, parent: int) -> NoReturn:
    """Queue → stdout, for ever."""
    while os.getppid() == parent:
        try:
            at_ns, flags, samples = queue.get(timeout=1.0)
        except Empty:
            continue
        if queue.qsize() > QUEUE_BLOCKS:
            os._exit(2)
        send(pack(b"B", at_ns, samples, OVERFLOWED if flags & PA_INPUT_OVERFLOW else 0))
    os._exit(0)


def main(arguments: list[str]) -> None:
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    options = {name.removeprefix("--"): value for name, value in options.items()}
    sys.path.append(options["path"])
    try:
        import pyaudio  # noqa: PLC0415 (`--path` tells where it is)
    except ImportError as error:
        refuse(
            f"PyAudio cannot be loaded ({error}): pip install 'offhook[desk]' and apt install libportaudio2"
        )
    portaudio = pyaudio.PyAudio()
    if options.get("list"):
        send(pack(b"L", monotonic_ns(), as_json(portaudio).encode()))
        os._exit(0)
    queue: Queue = SimpleQueue()
    stream = listen(portaudio, queue, options)
    forward(queue, int(options["parent"]))
    del stream


if __name__ == "__main__":
    main(sys.argv[1:])

"""Child process of the tests: record from the card with the real PyAudio; commands come on stdin, one a line.

Prints "open" when the stream runs. `stall S`: the next callback takes S seconds. `blocks N`: answer when N
more blocks have come. `alive`: is_active and the number of blocks. `reopen`: a new PyAudio and stream. `end`:
write what was recorded and a JSON line with the status flags.
"""

import json
import sys
import threading
import time

import pyaudio


class Recorder:
    def __init__(self, name: str, rate_hz: int, channels: int, block: int) -> None:
        self.data: list[bytes] = []
        self.flags: list[int] = []
        self.stall_s = 0.0
        self.more = threading.Condition()
        self.block = block
        self.audio = pyaudio.PyAudio()
        names = [self.audio.get_device_info_by_index(i)["name"] for i in range(self.audio.get_device_count())]
        if name not in names:
            self.audio.terminate()
            raise OSError(f"no device {name} in {names}")
        self.stream = self.audio.open(
            rate=rate_hz, channels=channels, format=pyaudio.paInt16, input=True,
            input_device_index=names.index(name), frames_per_buffer=block, stream_callback=self.callback,
        )  # fmt: skip

    def callback(self, data: bytes, _count: int, _time: object, flags: int) -> tuple[None, int]:
        with self.more:
            self.data.append(data)
            self.flags.append(flags)
            stall, self.stall_s = self.stall_s, 0.0
            self.more.notify_all()
        if stall:
            time.sleep(stall)
        return None, pyaudio.paContinue

    def wait_blocks(self, count: int) -> None:
        with self.more:
            target = len(self.data) + count
            self.more.wait_for(lambda: len(self.data) >= target)

    def close(self) -> None:
        self.stream.close()
        self.audio.terminate()


def main() -> None:
    name, rate_hz, channels, block, out = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    settings = (name, rate_hz, channels, block)
    try:
        recorder = Recorder(*settings)
    except OSError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    print("open", flush=True)
    for line in sys.stdin:
        word, _, value = line.strip().partition(" ")
        if word == "stall":
            with recorder.more:
                recorder.stall_s = float(value)
        elif word == "blocks":
            recorder.wait_blocks(int(value))
        elif word == "alive":
            print(json.dumps([recorder.stream.is_active(), len(recorder.data)]), flush=True)
            continue
        elif word == "reopen":
            recorder.close()
            recorder = Recorder(*settings)
        elif word == "end":
            with open(out, "wb") as file:
                file.write(b"".join(recorder.data))
            print(json.dumps({"flags": recorder.flags}), flush=True)
            recorder.close()
            return
        print("done", flush=True)


main()

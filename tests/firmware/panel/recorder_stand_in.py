"""Speaks for a recorder: writes run/recorder.json as one does, and grows a file while off-hook.

`recorder_stand_in.py STATE_DIR`; commands on stdin, one a line: lift, replace, stall (stop growing), stop.
Answers each with CLOCK_MONOTONIC ns of its status. It is a process of its own so that it can be killed.
"""

import os
import select
import sys
from pathlib import Path

import msgspec

from drivers.clock.system import SystemClock
from firmware.spool.layout import Layout, recording_path
from firmware.status import AudioStatus, HookStatus, RecorderStatus, RecordingStatus, write_status

layout = Layout(Path(sys.argv[1]))
clock = SystemClock()
started_ns = clock.monotonic_ns()


class Call:
    """The running call, if any."""

    def __init__(self) -> None:
        self.seq = 0
        self.stalled = False
        self.recording: RecordingStatus | None = None

    def obey(self, command: str) -> None:
        if command == "lift":
            self.seq += 1
            name = f"t-1/{self.seq}"
            self.recording = RecordingStatus(name, self.seq, "", 0, 0, clock.monotonic_ns())
        elif command == "replace":
            self.recording = None
        elif command == "stall":
            self.stalled = True

    def grow(self) -> None:
        if self.recording is None or self.stalled:
            return
        with recording_path(layout.recording, self.recording.seq).open("ab") as file:
            file.write(b"x" * 100)
        self.recording = msgspec.structs.replace(self.recording, grown_mono_ns=clock.monotonic_ns())


call = Call()


def tell() -> int:
    now_ns = clock.monotonic_ns()
    off_hook = call.recording is not None
    write_status(
        layout.run,
        RecorderStatus(
            pid=os.getpid(),
            boot=clock.boot_id,
            mono_ns=now_ns,
            started_mono_ns=started_ns,
            state="talking" if off_hook else "on_hook",
            off_hook=off_hook,
            recording=call.recording,
            audio=AudioStatus(True, now_ns, -3000, -2000, "card"),
            hook=HookStatus(True, off_hook),
        ),
    )
    return now_ns


tell()
while True:
    ready, _, _ = select.select([sys.stdin], [], [], 0.25 if call.recording is not None else 1.0)
    command = os.read(0, 100).decode().strip() if ready else ""
    if ready and command in ("", "stop"):
        break
    call.obey(command)
    call.grow()
    at_ns = tell()
    if command:
        sys.stdout.write(f"{at_ns}\n")
        sys.stdout.flush()
(layout.run / RecorderStatus.file_name).unlink()

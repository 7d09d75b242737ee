"""Moments of a desk to judge: a well one, changed in one thing at a time."""

from dataclasses import replace
from typing import Any

import msgspec

from firmware.health.history import Growth, Handset, History
from firmware.health.snapshot import KeyState, Snapshot
from firmware.spool.room import Room
from firmware.status import (
    AgentStatus,
    AudioStatus,
    HookStatus,
    RecorderStatus,
    RecordingStatus,
    ReplicaStatus,
)

S = 1_000_000_000
NOW = 1_000 * S
BOOT = "00000000-0000-0000-0000-000000000001"
GIB = 1 << 30

RECORDER = RecorderStatus(
    pid=11,
    boot=BOOT,
    mono_ns=NOW - S // 10,
    started_mono_ns=100 * S,
    state="on_hook",
    audio=AudioStatus(present=True, last_block_mono_ns=NOW - S // 5, level_dbfs_x100=-6800),
    hook=HookStatus(known=True, lifted=False),
)
AGENT = AgentStatus(
    pid=12,
    boot=BOOT,
    mono_ns=NOW - S,
    started_mono_ns=100 * S,
    replicas={
        "a": ReplicaStatus(mqtt=True, https=True, last_ok_mono_ns=NOW - S),
        "b": ReplicaStatus(mqtt=True, https=True, last_ok_mono_ns=NOW - S),
    },
)
WELL_DESK = Snapshot(
    now_ns=NOW,
    watching_since_ns=50 * S,
    recorder=RECORDER,
    recorder_running=True,
    agent=AGENT,
    agent_running=True,
    replicas=("a", "b"),
    disk=Room(50 * GIB, 100 * GIB, 11_000_000),
    keys=KeyState(enrolled=True, audio_recipients=1, desk_key=True),
    history=History(),
)


def on_hook(**recorder: Any) -> Snapshot:
    return replace(WELL_DESK, recorder=msgspec.structs.replace(RECORDER, **recorder))


def off_hook(
    *, lifted_s: float = 5.0, grown_s: float = 0.5, seen_grown_s: float = 0.5, **recorder: Any
) -> Snapshot:
    """A call that has been going on for `lifted_s`; the file grew `grown_s` ago, by word and by sight."""
    recording = RecordingStatus("sh01-d017/9", 9, "000000000009.ohr", 9000, 8000, NOW - round(grown_s * S))
    given = {"off_hook": True, "state": "talking", "recording": recording, **recorder}
    lifted_ns = NOW - round(lifted_s * S)
    return replace(
        on_hook(**given),
        history=History(
            handset=Handset(lifted_ns=lifted_ns, heard_ns=lifted_ns + S),
            growth=Growth("sh01-d017/9", 9000, NOW - round(seen_grown_s * S)),
        ),
    )


def with_agent(**agent: Any) -> Snapshot:
    return replace(WELL_DESK, agent=msgspec.structs.replace(AGENT, **agent))

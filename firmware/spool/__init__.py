"""The spool: durable writes, recovery at boot, room on disk, pruning.

    spool = Spool(settings.state_path, bytes_per_hour=recording_bytes_per_hour("opus", 1, 24_000))
    spool.prepare()
    spool.interrupted()                    # at the recorder's start
    file = spool.create(42)                # recording/000000000042.ohr
    file.append(…); file.sync()            # from one thread
    file.finish()                          # waiting/000000000042.ohr
    spool.add_receipt(42, "a", jws); spool.mark_delivered(42)      # the agent

State is the folder that a file lies in; see layout.py.
"""

from firmware.spool.durable import write_durably
from firmware.spool.errors import SpoolError, SpoolStateError
from firmware.spool.growing import GrowingFile
from firmware.spool.layout import Layout
from firmware.spool.recovery import Found, Interrupted
from firmware.spool.room import Room, recording_bytes_per_hour
from firmware.spool.spool import Spool

__all__ = [
    "Found",
    "GrowingFile",
    "Interrupted",
    "Layout",
    "Room",
    "Spool",
    "SpoolError",
    "SpoolStateError",
    "recording_bytes_per_hour",
    "write_durably",
]

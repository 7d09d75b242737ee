"""`ledger` payload: a JSON array of entries, oldest first, each in its own canonical bytes.

The bytes of an entry are what its hash covers, so they travel as they are: joined on the way out, cut out of
the array untouched on the way in.
"""

from collections.abc import Iterable, Sequence

import msgspec

from sync.wire.errors import MALFORMED, WireError
from sync.wire.messages import MAX_PAYLOAD_BYTES

# Below the 64 KiB of the format: MQTT header and topic (at most 110 bytes) must fit into a broker's
# max_packet_size of 65 536 too.
BATCH_BYTES = MAX_PAYLOAD_BYTES - 1024
BATCH_ENTRIES = 512  # keeps the vault's transactions short


def pack(entries: Iterable[bytes]) -> tuple[bytes, int]:
    """(payload, number of entries taken): as many as fit, from the first on.

    WireError when the first alone does not fit; (b"[]", 0) without entries.
    """
    taken: list[bytes] = []
    size = 2
    for entry in entries:
        if size + len(entry) + 1 > BATCH_BYTES or len(taken) == BATCH_ENTRIES:
            break
        taken.append(entry)
        size += len(entry) + 1
    else:
        return _join(taken), len(taken)
    if not taken:
        raise WireError(f"a ledger entry of {len(entry)} bytes cannot be sent: at most {BATCH_BYTES - 3} fit")
    return _join(taken), len(taken)


def _join(entries: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(entries) + b"]"


def unpack(payload: bytes) -> list[bytes]:
    """The entries' bytes as they were sent. Checks that it is a JSON array of objects, no more."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(f"ledger batch of {len(payload)} bytes: at most {MAX_PAYLOAD_BYTES} are read")
    try:
        raws = msgspec.json.decode(payload, type=list[msgspec.Raw])
    except MALFORMED as e:
        raise WireError(f"ledger batch refused: {e}") from e
    entries = [bytes(raw) for raw in raws]
    if not all(entry.startswith(b"{") for entry in entries):
        raise WireError("ledger batch refused: each element must be an entry object")
    return entries

"""Ledger kinds and what the body of each must carry.

A body may carry more fields than its kind demands (a later firmware says more), never fewer.
Nothing here holds a number, digit or name in clear: those go into `details`, sealed.
"""

from collections.abc import Mapping

from firmware.evidence.canonical import Json, JsonObject
from firmware.evidence.errors import FormatError
from firmware.evidence.fields import (
    Check,
    array,
    base64,
    call,
    check_fields,
    count,
    flag,
    integer,
    one_of,
    sha256,
    text,
    time,
)
from firmware.evidence.ids import check_key_id

_WHAT_RESULT: Mapping[str, Check] = {"what": text, "result": text}


def _vaults(value: Json) -> None:
    for vault in array(value):
        check_fields("vault", vault, {"name": text, "public_key": _verify_key}, more=True)


def _recipients(value: Json) -> None:
    for recipient in array(value):
        check_fields("recipient", recipient, {"key": _key, "name": text, "purpose": text}, more=True)


def _key(value: Json) -> None:
    check_key_id(text(value))


def _verify_key(value: Json) -> None:
    # Here, since cryptography behind it costs 7 MB, and only an `enrolled` entry needs it.
    from firmware.evidence.keys import VerifyKey  # noqa: PLC0415 - see above

    VerifyKey.from_base64(text(value))


REQUIRED: Mapping[str, Mapping[str, Check]] = {
    "enrolled": {"public_key": _verify_key, "recipients": _recipients, "vaults": _vaults},
    "boot": {
        "firmware": text,
        "config_sha256": sha256,
        "clock_source": text,
        "previous": one_of("clean", "lost"),
        "last_seq": count,
    },
    "shutdown": {"reason": text},
    "ring": {"bursts": count, "first_at": time, "last_at": time},
    "off_hook": {},
    "on_hook": {"call": call},
    "flash": {},
    "recording": {
        "call": call,
        "sha256": sha256,
        "size": count,
        "frames": count,
        "samples": count,
        "lost_samples": count,
        "gaps": count,
        "started": time,
        "ended": time,
        "ended_by": text,
    },
    "not_recorded": {"call": call, "reason": text, "seconds": count},
    "finding": {"code": text, "state": one_of("raised", "cleared"), "severity": text, "detail": text},
    "lamps": {"ready": text, "recording": text, "fault": text},
    "clock": {"source": text},
    "signed_in": {"details": base64},
    "signed_out": {"details": base64},
    "receipt": {"call": call, "vault": text, "sha256": sha256},
    "pruned": {"call": call, "receipts": count},
    "self_test": _WHAT_RESULT,
    "drill": _WHAT_RESULT,
    "config": _WHAT_RESULT,
    "update": _WHAT_RESULT,
    "command": _WHAT_RESULT,
    "checkpoint": {"head": sha256, "off_hook_ms": count, "recorded_ms": count, "quiet": flag, "sig": base64},
}

OPTIONAL: Mapping[str, Check] = {
    "details": base64,
    "synced": flag,
    "offset_us": integer,
    "step_us": integer,
    "broken_head": sha256,  # first entry of a chain that replaces one whose head did not verify
}

KINDS = frozenset(REQUIRED)


def check_body(kind: str, body: Json) -> JsonObject:
    """`body` itself when it fits its kind, FormatError else."""
    if kind not in REQUIRED:
        raise FormatError(f"{kind!r:.40} is not a kind of ledger entry")
    optional = {name: check for name, check in OPTIONAL.items() if name not in REQUIRED[kind]}
    return check_fields(f"{kind} body", body, REQUIRED[kind], optional, more=True)

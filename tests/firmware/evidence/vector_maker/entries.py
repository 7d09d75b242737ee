"""Ledger entries, good ones of every kind and bad ones."""

import base64
import json
from datetime import timedelta

from common import BOOT, CALL, DESK, START, STARTED

from firmware.evidence.canonical import emit
from firmware.evidence.entry import FIRST_PREV, Entry, seal_details
from firmware.evidence.times import format_utc


def entry(seq, kind, body, prev=FIRST_PREV, *, at=None, mono_ns=None, desk=DESK, boot=BOOT):
    return Entry(
        at=at or format_utc(START + timedelta(seconds=seq)),
        body=body,
        boot=boot,
        desk=desk,
        kind=kind,
        mono_ns=seq * 1_000_000_000 if mono_ns is None else mono_ns,
        prev=prev,
        seq=seq,
    )


def bodies(keys):
    zeros = "0" * 64
    details = seal_details(keys.archive.public, DESK, 9, {"number": "13800000000"})
    return {
        "enrolled": {
            "public_key": keys.desk.public.base64,
            "recipients": [{"key": keys.archive.public.key_id, "name": "archive", "purpose": "both"}],
            "vaults": [{"name": "vault-a", "public_key": keys.vault.public.base64}],
        },
        "boot": {
            "clock_source": "chrony", "config_sha256": zeros, "firmware": "0.1.0", "last_seq": 0,
            "previous": "clean",
        },
        "shutdown": {"reason": "update"},
        "ring": {"bursts": 2, "first_at": STARTED, "last_at": STARTED},
        "off_hook": {},
        "on_hook": {"call": CALL},
        "flash": {},
        "recording": {
            "call": CALL, "details": details, "ended": STARTED, "ended_by": "on_hook", "frames": 5, "gaps": 0,
            "lost_samples": 0, "samples": 9600, "sha256": zeros, "size": 5000, "started": STARTED,
        },
        "not_recorded": {"call": CALL, "reason": "no sound card", "seconds": 12},
        "finding": {"code": "audio_missing", "detail": "", "severity": "critical", "state": "raised"},
        "lamps": {"fault": "off", "ready": "on", "recording": "off"},
        "clock": {"offset_us": -120, "source": "chrony", "synced": True},
        "signed_in": {"details": details},
        "signed_out": {"details": details},
        "receipt": {"call": CALL, "sha256": zeros, "vault": "vault-a"},
        "pruned": {"call": CALL, "receipts": 2},
        "self_test": {"result": "ok", "what": "lamps"},
        "drill": {"result": "ok", "what": "unplug"},
        "config": {"result": "ok", "what": "reloaded"},
        "update": {"result": "ok", "what": "0.1.0"},
        "command": {"result": "ok", "what": "identify"},
    }  # fmt: skip


def entries(keys):
    rows = []

    def add(name, data, outcome, why=""):
        rows.append({"name": name, "data": base64.b64encode(data).decode(), "outcome": outcome, "why": why})

    for kind, body in bodies(keys).items():
        add(f"good_{kind}", entry(9, kind, body).raw, "good")
        if body:
            lacking = dict(list(body.items())[1:]) if kind != "clock" else {"synced": True}
            value = {**json.loads(entry(9, kind, body).raw), "body": lacking}
            add(f"{kind}_lacking", emit(value), "refused", "a field of the body is missing")
    good = entry(9, "command", {"what": 'é\n\u007f/"\\', "result": "完"}).raw
    add("good_text", good, "good", "what is escaped, what is not")
    value = json.loads(good)
    for name, old, new, why in (
        ("space", b'"seq":9', b'"seq": 9', "a space"),
        ("float", b'"seq":9', b'"seq":9.0', "a float"),
        ("exponent", b'"seq":9', b'"seq":9e0', "an exponent"),
        ("null", b'"seq":9', b'"seq":null', "null"),
        ("leading_zero", b'"seq":9', b'"seq":09', "a leading zero"),
        ("minus_zero", b'"mono_ns":9000000000', b'"mono_ns":-0', "minus zero"),
        ("nan", b'"seq":9', b'"seq":NaN', "not a number"),
        ("twice", b'"seq":9', b'"seq":9,"seq":9', "a key twice"),
        ("escaped_slash", b"/", b"\\/", "an escape that is not needed"),
        ("escaped_letter", b"command", b"c\\u006fmmand", "an escape that is not needed"),
        ("long_escape", b"\\n", b"\\u000a", "the long form of an escape"),
        ("raw_control", b"\\n", b"\n", "a control character in clear"),
        ("surrogate", "é".encode(), b"\\ud800", "half of a surrogate pair"),
        ("not_utf8", "é".encode(), b"\xe9", "Latin-1"),
        ("overlong", b"/", b"\xc0\xaf", "an overlong code"),
    ):
        add(f"not_canonical_{name}", good.replace(old, new, 1), "refused", why)
    reordered = json.dumps(dict(reversed(value.items())), separators=(",", ":"), ensure_ascii=False).encode()
    add("not_canonical_order", reordered, "refused", "keys not in order")
    add("not_canonical_bom", b"\xef\xbb\xbf" + good, "refused", "a byte order mark")
    add("not_canonical_lf", good + b"\n", "refused", "a line feed behind it")
    add("empty", b"", "refused", "no byte")
    add("array", b"[]", "refused", "not an object")
    for name, change, why in (
        ("too_big_integer", {"mono_ns": 2**63}, "64 bits exceeded"),
        ("huge_integer", {"mono_ns": 10**30}, "64 bits exceeded"),
        ("negative_clock", {"mono_ns": -1}, "negative"),
        ("version_2", {"v": 2}, "v is 2"),
        ("version_true", {"v": True}, "v is true"),
        ("unknown_field", {"x": 1}, "a field more"),
        ("unknown_kind", {"kind": "coffee"}, "no such kind"),
        ("kind_not_text", {"kind": 1}, "a number"),
        ("body_not_object", {"body": []}, "an array"),
        ("seq_zero", {"seq": 0}, "from 1"),
        ("seq_true", {"seq": True}, "true is no number"),
        ("seq_text", {"seq": "9"}, "text"),
        ("prev_capital", {"prev": "A" * 64}, "capitals"),
        ("prev_short", {"prev": "0" * 63}, "63 digits"),
        ("desk_capital", {"desk": "SH01"}, "capitals"),
        ("desk_long", {"desk": "a" * 33}, "33 characters"),
        ("desk_dash", {"desk": "sh01-"}, "ends with a dash"),
        ("boot_not_uuid", {"boot": "1"}, "no UUID"),
        ("time_no_zone", {"at": "2026-11-22T08:00:00.123456"}, "no Z"),
        ("time_five_decimals", {"at": "2026-11-22T08:00:00.12345Z"}, "five decimals"),
        ("time_no_such_day", {"at": "2026-02-30T08:00:00.123456Z"}, "30 February"),
        ("time_offset", {"at": "2026-11-22T08:00:00.123456+00:00"}, "an offset"),
        ("text_too_long", {"body": {"result": "x" * 1025, "what": ""}}, "1025 characters"),
        (
            "too_large",
            {"body": {"result": "", "what": "", **{f"n{i}": "x" * 1000 for i in range(16)}}},
            "16 KiB",
        ),
    ):
        add(name, _loose({**value, **change}), "refused", why)
    missing = {name: inner for name, inner in value.items() if name != "boot"}
    add("missing_field", emit(missing), "refused", "boot is missing")
    add("deep", b"[" * 16_000, "refused", "16 000 levels")
    return rows


def _loose(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

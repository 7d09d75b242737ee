"""Receipts and tokens."""

import base64
import json
from datetime import UTC, datetime

from common import CALL, DESK, NOW, STARTED

from firmware.evidence.canonical import emit
from firmware.evidence.jws import sign_jws
from firmware.evidence.receipt import Receipt
from firmware.evidence.token import make_token


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jws(key, head, payload):
    signing_input = f"{b64url(head)}.{b64url(payload)}"
    return f"{signing_input}.{b64url(key.sign(signing_input.encode()))}"


def receipts(keys):
    rows = []

    def add(name, text, outcome, why, key="vault"):
        rows.append({"name": name, "text": text, "key": key, "outcome": outcome, "why": why})

    receipt = Receipt(call=CALL, frames=5, sha256="1" * 64, size=5000, stored_at=STARTED, vault="vault-a")
    good = receipt.sign(keys.vault)
    head, payload, signature = good.split(".")
    payload_json = {**json.loads(base64.urlsafe_b64decode(payload + "=="))}
    right = emit({"alg": "EdDSA", "kid": keys.vault.public.key_id})
    add("good", good, "good", "")
    add("other_key", good, "refused", "by another vault's key", "desk")
    changed = b64url(emit({**payload_json, "size": 5001}))
    add("changed", f"{head}.{changed}.{signature}", "refused", "the size changed")
    add(
        "signature_flipped",
        good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:],
        "refused",
        "one character",
    )
    add("padded", f"{head}.{payload}.{signature}==", "refused", "base64 padding")
    add("two_parts", f"{head}.{payload}", "refused", "no signature")
    add("empty", "", "refused", "nothing")
    add("alg_none", f"{b64url(emit({'alg': 'none'}))}.{payload}.", "refused", "alg none")
    for name, value, why in (
        ("alg_hs256", {"alg": "HS256", "kid": keys.vault.public.key_id}, "another algorithm"),
        ("no_kid", {"alg": "EdDSA"}, "kid is missing"),
        ("other_kid", {"alg": "EdDSA", "kid": keys.desk.public.key_id}, "another key's id"),
        (
            "crit",
            {"alg": "EdDSA", "crit": ["x"], "kid": keys.vault.public.key_id, "x": 1},
            "a header field more",
        ),
    ):
        add(name, jws(keys.vault, emit(value), emit(payload_json)), "refused", why)
    add(
        "header_with_space",
        jws(keys.vault, right.replace(b":", b": ", 1), emit(payload_json)),
        "refused",
        "space",
    )
    spaced = emit(payload_json).replace(b":", b": ", 1)
    add("payload_with_space", jws(keys.vault, right, spaced), "refused", "a space, signed over")
    for name, change, why in (
        ("version_2", {"v": 2}, "v is 2"),
        ("extra_field", {"note": "x"}, "a field more"),
        ("bad_hash", {"sha256": "1" * 63}, "63 digits"),
        ("bad_call", {"call": "sh01-d017/042"}, "a leading zero"),
        ("negative_size", {"size": -1}, "negative"),
    ):
        add(name, sign_jws({**payload_json, **change}, keys.vault), "refused", why)
    lacking = {name: value for name, value in payload_json.items() if name != "vault"}
    add("missing_field", sign_jws(lacking, keys.vault), "refused", "vault is missing")
    return rows


def tokens(keys):
    rows = []

    def add(name, text, outcome, why, key="desk", now=NOW):
        rows.append(
            {
                "name": name,
                "text": text,
                "key": key,
                "audience": "vault-a",
                "now": now,
                "outcome": outcome,
                "why": why,
            }
        )

    now = datetime.fromtimestamp(NOW, UTC)
    good = make_token(keys.desk, DESK, "vault-a", now)
    claims = {"aud": "vault-a", "exp": NOW + 300, "iat": NOW, "sub": DESK}
    add("good", good, "good", "")
    add("good_clock_behind", good, "good", "the vault's clock is 59 s behind", now=NOW - 59)
    add("good_clock_ahead", good, "good", "the vault's clock is 59 s ahead", now=NOW + 359)
    add("expired", good, "refused", "expired", now=NOW + 361)
    add("early", good, "refused", "from the future", now=NOW - 61)
    add("other_key", good, "refused", "by another desk's key", "vault")
    add("other_audience", make_token(keys.desk, DESK, "vault-b", now), "refused", "for another vault")
    for name, change, why in (
        ("lives_long", {"exp": NOW + 301}, "more than 5 minutes"),
        ("bad_desk", {"sub": "SH01"}, "no desk id"),
        ("extra_claim", {"admin": True}, "a claim more"),
        ("float", {"exp": str(NOW)}, "a time as text"),
    ):
        add(name, sign_jws({**claims, **change}, keys.desk, typ="JWT"), "refused", why)
    add("no_typ", sign_jws(claims, keys.desk), "refused", "typ is missing")
    return rows

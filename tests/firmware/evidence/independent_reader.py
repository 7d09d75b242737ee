"""A reader written from FORMAT.md alone: cryptography and the standard library, none of our code.

    python independent_reader.py FILE.ohr KEY.pem

Even HPKE is put together here from its parts (ML-KEM, X25519, SHA3, HKDF), so that files do not rest on one
library's idea of it.
"""

import base64
import hashlib
import hmac
import json
import re
import struct
import sys
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import load_pem_private_key

XWING_LABEL = b"\\.//^\\"


SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class Refused(Exception):
    """`frames` opened before the fault."""

    def __init__(self, reason, frames=0):
        super().__init__(reason)
        self.frames = frames


class NotForThisKey(Exception):
    pass


# --- 1 common parts ---------------------------------------------------------------------------------------


def canonical(value, depth=16):
    """Canonical JSON of a value, by hand."""
    if value is True or value is False:
        return b"true" if value else b"false"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Refused("integer")
        return str(value).encode()
    if isinstance(value, str):
        out = '"'
        for char in value:
            out += SHORT.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x20 else char)
        try:
            return (out + '"').encode()
        except UnicodeEncodeError:
            raise Refused("surrogate") from None
    if depth == 0:
        raise Refused("too deep")
    if isinstance(value, list):
        return b"[" + b",".join(canonical(inner, depth - 1) for inner in value) + b"]"
    if isinstance(value, dict):
        parts = (canonical(key) + b":" + canonical(value[key], depth - 1) for key in sorted(value))
        return b"{" + b",".join(parts) + b"}"
    raise Refused(f"{type(value)} in JSON")


def parse(data, most=1_048_576):
    if len(data) > most:
        raise Refused("JSON too long")
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise Refused("not JSON") from error
    if canonical(value) != data:
        raise Refused("not canonical")
    return value


def raw(key):
    return key.public_key().public_bytes_raw()


def key_id(raw_public):
    return hashlib.sha256(raw_public).hexdigest()[:16]


def load_archive_key(pem):
    end = b"-----END PRIVATE KEY-----\n"
    first, second = (block + end for block in pem.split(end)[:2])
    return load_pem_private_key(first, None), load_pem_private_key(second, None)


def extract(salt, ikm):
    return hmac.digest(salt or bytes(32), ikm, "sha256")


def expand(prk, info, length):
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        out, counter = out + block, counter + 1
    return out[:length]


def hpke_open(sealed, keys, info):
    mlkem, x = keys
    suite = b"HPKE" + struct.pack(">HHH", 0x647A, 0x0001, 0x0003)

    def labeled_extract(salt, label, ikm):
        return extract(salt, b"HPKE-v1" + suite + label + ikm)

    def labeled_expand(prk, label, context, length):
        return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + suite + label + context, length)

    ciphertext, ephemeral = sealed[:1088], sealed[1088:1120]
    secrets = mlkem.decapsulate(ciphertext) + x.exchange(x25519.X25519PublicKey.from_public_bytes(ephemeral))
    shared = hashlib.sha3_256(secrets + ephemeral + raw(x) + XWING_LABEL).digest()
    context = b"\0" + labeled_extract(b"", b"psk_id_hash", b"") + labeled_extract(b"", b"info_hash", info)
    secret = labeled_extract(shared, b"secret", b"")
    cipher = ChaCha20Poly1305(labeled_expand(secret, b"key", context, 32))
    return cipher.decrypt(labeled_expand(secret, b"base_nonce", context, 12), sealed[1120:], b"")


# --- 2 sealed recording -----------------------------------------------------------------------------------


def read_recording(data, keys):
    """(header, frames, complete); Refused with the number of frames before the fault."""
    if not data.startswith(b"offhook-recording/1\n"):
        raise Refused("line 1")
    start = len(b"offhook-recording/1\n")
    end = data.find(b"\n", start)
    if end < 0 or end - start > 16_384:
        raise Refused("line 2")
    header = parse(data[start:end])
    try:
        check_header(header)
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("header values") from error
    cipher = payload_cipher(header, data[: end + 1], keys)
    frames, at, complete = [], end + 1, False
    while len(data) - at >= 4 and not complete:
        (length,) = struct.unpack_from(">I", data, at)
        if not 17 <= length <= 1_048_576:
            raise Refused("length", len(frames))
        if len(data) - at - 4 < length:
            break
        plaintext, complete = open_frame(cipher, len(frames), data[at + 4 : at + 4 + length])
        frames.append(read_frame(plaintext, complete, len(frames)))
        at += 4 + length
    if complete and at != len(data):
        raise Refused("bytes after the end", len(frames))
    return header, frames, complete


def check_header(header):
    check(set(header) == {"audio", "boot", "call", "desk", "seals", "started", "v"}, "header fields")
    check(header["v"] == 1 and header["v"] is not True, "version")
    audio = header["audio"]
    check(set(audio) == {"channels", "codec", "frame_ms", "rate_hz"}, "audio fields")
    check(audio["channels"] in (1, 2) and audio["codec"] in ("opus", "flac", "pcm_s16le"), "audio values")
    check(1 <= audio["frame_ms"] <= 1000 and audio["rate_hz"] * audio["frame_ms"] % 1000 == 0, "frame_ms")
    check(8000 <= audio["rate_hz"] <= 48_000, "rate")
    check(audio["codec"] != "opus" or audio["rate_hz"] in (8000, 12000, 16000, 24000, 48000), "Opus rate")
    check(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", header["desk"]) and len(header["desk"]) <= 32, "desk")
    check(re.fullmatch(re.escape(header["desk"]) + "/[1-9][0-9]{0,11}", header["call"]), "call")
    check(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", header["boot"]), "boot")
    check(re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z", header["started"]), "started")
    datetime.fromisoformat(header["started"])
    names = [seal["key"] for seal in header["seals"]]
    check(names and len(set(names)) == len(names), "seals")
    check(all(set(seal) == {"key", "sealed"} for seal in header["seals"]), "seal fields")


def payload_cipher(header, intro, keys):
    unsealed = {name: value for name, value in header.items() if name != "seals"}
    own = key_id(raw(keys[0]) + raw(keys[1]))
    for seal in header["seals"]:
        if seal["key"] == own:
            info = b"offhook-recording/1 file key\n" + canonical(unsealed)
            try:
                file_key = hpke_open(base64.b64decode(seal["sealed"], validate=True), keys, info)
            except (InvalidTag, ValueError) as error:
                raise Refused("the seal does not open") from error
            prk = extract(hashlib.sha256(intro).digest(), file_key)
            return ChaCha20Poly1305(expand(prk, b"offhook-recording/1 payload", 32))
    raise NotForThisKey


def open_frame(cipher, number, sealed):
    for last in (False, True):
        try:
            return cipher.decrypt(number.to_bytes(11, "big") + bytes([last]), sealed, None), last
        except InvalidTag:
            continue
    raise Refused("a frame does not open", number)


def read_frame(plaintext, last, number):
    kind = plaintext[:1]
    if (kind == b"Z") is not last:
        raise Refused("Z is last", number)
    try:
        if kind == b"A":
            return read_audio(plaintext)
        if kind == b"G":
            first, lost = struct.unpack(">QI", plaintext[1:13])
            reason = plaintext[13:].decode("ascii")
            check(lost and first < 2**63 and 1 <= len(reason) <= 64 and reason.isprintable(), "gap")
            return "G", first, lost, reason
        needed = {b"E": {"at_ms", "kind"}, b"Z": {"ended_by", "gaps", "lost_samples", "samples"}}[kind]
        value = parse(plaintext[1:])
        check(needed <= set(value), "fields")
        return kind.decode(), value
    except Refused as error:
        raise Refused(str(error), number) from error
    except (KeyError, struct.error, UnicodeDecodeError, TypeError) as error:
        raise Refused("frame", number) from error


def check(good, what):
    if not good:
        raise Refused(what)


def read_audio(plaintext):
    first, count = struct.unpack(">QH", plaintext[1:11])
    packets, at = [], 11
    for _ in range(count):
        (length,) = struct.unpack(">H", plaintext[at : at + 2])
        packets.append(plaintext[at + 2 : at + 2 + length])
        at += 2 + length
        if len(packets[-1]) != length or not length:
            raise Refused("packet")
    if at != len(plaintext) or not packets or first >= 2**63:
        raise Refused("packets do not fill the frame")
    return "A", first, packets


# --- 3 ledger, 4 receipt ----------------------------------------------------------------------------------


def read_chain(entries, desk_key):
    """Number of checkpoints that hold; Refused with the number of entries before the first break."""
    previous, head, checkpoints, mono = 0, "0" * 64, 0, {}
    for data in entries:
        try:
            entry = parse(data, 16_384)
        except Refused as error:
            raise Refused(str(error), previous) from error
        if set(entry) != {"at", "body", "boot", "desk", "kind", "mono_ns", "prev", "seq", "v"}:
            raise Refused("fields", previous)
        if entry["seq"] != previous + 1 or entry["prev"] != head:
            raise Refused("link", previous)
        if entry["mono_ns"] < mono.get(entry["boot"], 0):
            raise Refused("clock", previous)
        if entry["kind"] == "checkpoint":
            check_signature(entry, desk_key, previous)
            checkpoints += 1
        mono = {entry["boot"]: entry["mono_ns"]}
        previous, head = entry["seq"], hashlib.sha256(data).hexdigest()
    return checkpoints


def check_signature(entry, desk_key, previous):
    lines = ("offhook-ledger/1 checkpoint", entry["desk"], str(entry["seq"]), entry["prev"], entry["at"])
    message = "".join(line + "\n" for line in lines).encode()
    try:
        Ed25519PublicKey.from_public_bytes(desk_key).verify(base64.b64decode(entry["body"]["sig"]), message)
    except Exception as error:
        raise Refused("signature", previous) from error
    if entry["body"]["head"] != entry["prev"]:
        raise Refused("head", previous)


def read_receipt(text, vault_key):
    header, payload, signature = text.split(".")

    def decode(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    try:
        message = f"{header}.{payload}".encode()
        Ed25519PublicKey.from_public_bytes(vault_key).verify(decode(signature), message)
    except Exception as error:
        raise Refused("signature") from error
    if parse(decode(header)) != {"alg": "EdDSA", "kid": key_id(vault_key)}:
        raise Refused("header")
    return parse(decode(payload))


def main():
    with open(sys.argv[1], "rb") as file, open(sys.argv[2], "rb") as key:
        header, frames, complete = read_recording(file.read(), load_archive_key(key.read()))
    print(header["call"], len(frames), "frames,", "complete" if complete else "interrupted")


if __name__ == "__main__":
    main()

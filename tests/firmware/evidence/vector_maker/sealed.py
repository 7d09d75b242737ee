"""Audio, and sealing of anything: also of what our own sealer refuses."""

import hashlib
import io
import json
import math
import struct

import numpy as np
import soundfile
from common import BOOT, CALL, DESK, RATE, STARTED
from opuslib_next.classes import Encoder

from firmware.evidence.canonical import emit
from firmware.evidence.ids import to_base64
from firmware.evidence.recording import MAGIC, AudioFormat, Header, encode_end, encode_event
from firmware.evidence.sealing import nonce, payload_cipher


def tone(samples, channels=1):
    at = np.arange(samples)[:, None] / RATE
    pitch = 440 * (1 + np.arange(channels))
    return (8000 * np.sin(2 * math.pi * pitch * at)).astype("<i2")


def opus_packets(sound):
    channels = sound.shape[1]
    encoder = Encoder(RATE, channels, "audio")
    encoder.bitrate = 16_000
    packets = -(-(len(sound) + 52) // 160)
    padded = np.zeros((packets * 160, channels), "<i2")
    padded[: len(sound)] = sound
    return [bytes(encoder.encode(padded[i : i + 160].tobytes(), 160)) for i in range(0, len(padded), 160)]


def flac_packet(sound):
    out = io.BytesIO()
    soundfile.write(out, sound, RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def header(codec="opus", channels=1, frame_ms=20, call=CALL):
    audio = AudioFormat(channels=channels, codec=codec, frame_ms=frame_ms, rate_hz=RATE)
    return Header(audio=audio, boot=BOOT, call=call, desk=DESK, started=STARTED)


def end(samples, gaps=0, lost=0, **more):
    return encode_end({"ended_by": "on_hook", "gaps": gaps, "lost_samples": lost, "samples": samples, **more})


def event(kind="off_hook", at_ms=0):
    return encode_event({"at_ms": at_ms, "kind": kind})


class Sealed:
    """A header line made by hand and frames under it; `flags` may lie about which frame is last."""

    def __init__(
        self, keys, head, frames, *, line=None, recipients=None, file_key=None, flags=None, info=None
    ):
        self.file_key = file_key or hashlib.sha256(b"vector" + head.emit_without_seals()).digest()
        info = info or b"offhook-recording/1 file key\n" + head.emit_without_seals()
        recipients = [keys.archive] if recipients is None else recipients
        seals = [
            {"key": key.public.key_id, "sealed": to_base64(key.public.seal(self.file_key, info))}
            for key in recipients
        ]
        value = {**json.loads(head.emit_without_seals()), "seals": seals}
        self.intro = MAGIC + (line(value) if line else emit(value)) + b"\n"
        cipher = payload_cipher(self.file_key, self.intro)
        flags = flags or [
            index == len(frames) - 1 and frame[:1] == b"Z" for index, frame in enumerate(frames)
        ]
        self.frames = []
        for index, (frame, last) in enumerate(zip(frames, flags, strict=True)):
            sealed = cipher.encrypt(nonce(index, last=last), frame, None)
            self.frames.append(struct.pack(">I", len(sealed)) + sealed)

    @property
    def data(self):
        return self.intro + b"".join(self.frames)


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 0x01
    return bytes(changed)

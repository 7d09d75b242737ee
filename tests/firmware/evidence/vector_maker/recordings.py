"""Recordings."""

import hashlib
import json
import shutil
import struct
from datetime import timedelta

from common import DESK, START, STARTED, VECTORS
from sealed import Sealed, end, event, flac_packet, flipped, header, opus_packets, tone

from firmware.evidence.canonical import emit
from firmware.evidence.recording import MAGIC, encode_audio, encode_gap
from firmware.evidence.times import format_utc


class Recordings:
    def __init__(self, keys):
        self.keys = keys
        self.index = []
        packets = opus_packets(tone(9600))  # 1.2 s: 61 packets
        self.frames = [
            event(),
            encode_audio(0, packets[:50]),
            event("ring", 900),
            encode_audio(8000, packets[50:]),
            end(9600),
        ]
        self.good = Sealed(keys, header(), self.frames)

    def add(self, name, data, outcome, frames, why, key="archive", **more):
        (VECTORS / "recordings" / f"{name}.ohr").write_bytes(data)
        row = {"file": f"recordings/{name}.ohr", "key": key, "outcome": outcome, "frames": frames, "why": why}
        self.index.append({**row, "sha256": hashlib.sha256(data).hexdigest(), **more})

    def sealed(self, name, frames, outcome, opened, why, head=None, key="archive", more=None, **options):
        sealed = Sealed(self.keys, head or header(), frames, **options)
        self.add(name, sealed.data, outcome, opened, why, key, **(more or {}))

    def write(self):
        shutil.rmtree(VECTORS / "recordings", ignore_errors=True)
        (VECTORS / "recordings").mkdir()
        self.good_ones()
        self.interrupted()
        self.tampered()
        self.misheaded()
        self.misframed()
        self.mistimed()
        return self.index

    def good_ones(self):
        self.add("good_opus", self.good.data, "complete", 5, "Opus, mono", samples=9600, timeline="whole")
        both = [self.keys.second, self.keys.archive]
        self.sealed(
            "good_two_recipients", self.frames, "complete", 5, "either key opens", recipients=both,
            more={"samples": 9600, "timeline": "whole"},
        )  # fmt: skip
        first, second = opus_packets(tone(1000, 2)), opus_packets(tone(2345, 2))
        frames = [
            encode_audio(0, first), encode_gap(1000, 777, "overflow"), encode_audio(1777, second),
            encode_gap(4122, 8001, "device_lost"), end(12123, 2, 8778),
        ]  # fmt: skip
        self.sealed(
            "good_opus_stereo_gaps", frames, "complete", 5, "two runs and two gaps", header(channels=2),
            more={"samples": 12123, "timeline": "whole"},
        )  # fmt: skip
        frames = [
            encode_audio(0, [flac_packet(tone(800))]),
            encode_audio(800, [flac_packet(tone(333))]),
            end(1133),
        ]
        self.sealed(
            "good_flac", frames, "complete", 3, "a FLAC stream in each packet", header("flac", frame_ms=1000),
            more={"samples": 1133, "timeline": "whole"},
        )  # fmt: skip
        pcm = tone(1700, 2).tobytes()
        frames = [encode_audio(0, [pcm[:3200], pcm[3200:6400]]), encode_audio(1600, [pcm[6400:]]), end(1700)]
        self.sealed(
            "good_pcm_stereo", frames, "complete", 3, "16-bit samples", header("pcm_s16le", 2, 100),
            more={"samples": 1700, "timeline": "whole"},
        )  # fmt: skip
        self.sealed(
            "good_empty",
            [end(0)],
            "complete",
            1,
            "nothing was said",
            more={"samples": 0, "timeline": "whole"},
        )

    def interrupted(self):
        intro, frames = self.good.intro, self.good.frames
        samples = 9760 - 52
        self.add(
            "interrupted",
            intro + b"".join(frames[:4]),
            "interrupted",
            4,
            "the end frame is missing",
            samples=samples,
        )
        self.add("interrupted_header_only", intro, "interrupted", 0, "broke off behind the header", samples=0)
        torn = intro + b"".join(frames[:2])
        for name, cut in (
            ("in_length", 3),
            ("behind_length", 4),
            ("in_frame", 20),
            ("before_last_byte", len(frames[2]) - 1),
        ):
            self.add(
                f"truncated_{name}", torn + frames[2][:cut], "interrupted", 2, f"torn after {cut} bytes",
                samples=7948, torn_bytes=cut,
            )  # fmt: skip
        self.add(
            "truncated_in_end",
            self.good.data[:-1],
            "interrupted",
            4,
            "torn in the end frame",
            samples=samples,
        )

    def tampered(self):
        intro, frames = self.good.intro, self.good.frames
        at = [len(intro) + sum(map(len, frames[:i])) for i in range(6)]
        data = self.good.data
        self.add("bit_flipped_first_frame", flipped(data, at[0] + 10), "refused", 0, "one bit in frame 0")
        self.add("bit_flipped_audio", flipped(data, at[1] + 100), "refused", 1, "one bit in frame 1")
        self.add("bit_flipped_tag", flipped(data, at[4] - 1), "refused", 3, "one bit in a tag")
        self.add("bit_flipped_end", flipped(data, len(data) - 1), "refused", 4, "one bit in the end frame")
        self.add("bit_flipped_length", flipped(data, at[2] + 3), "refused", 2, "a length one more or less")
        self.add(
            "bit_flipped_seal",
            flipped(data, data.index(b'"sealed":"') + 300),
            "refused",
            0,
            "the seal changed",
        )
        order = (0, 2, 1, 3, 4)
        self.add("reordered", intro + b"".join(frames[i] for i in order), "refused", 1, "two frames swapped")
        self.add(
            "doubled", intro + b"".join(frames[i] for i in (0, 1, 1, 2, 3, 4)), "refused", 2, "a frame twice"
        )
        self.add(
            "left_out", intro + b"".join(frames[i] for i in (0, 2, 3, 4)), "refused", 1, "a frame left out"
        )
        self.add("end_only", intro + frames[4], "refused", 0, "only the end frame left")
        self.add("extra_byte", data + b"\0", "refused", 5, "a byte behind the end frame")
        self.add("extra_frame", data + frames[4], "refused", 5, "a frame behind the end frame")

    def misheaded(self):
        good, data = self.good, self.good.data
        changed = data.replace(STARTED.encode(), format_utc(START + timedelta(days=1)).encode(), 1)
        self.add("re_headed_started", changed, "refused", 0, "another start time in the header")
        other = Sealed(self.keys, header(call=f"{DESK}/43"), self.frames)
        self.add(
            "re_headed_other_call",
            other.intro + b"".join(good.frames),
            "refused",
            0,
            "frames of another recording",
        )
        seals = Sealed(self.keys, header(), self.frames, recipients=[self.keys.archive, self.keys.second])
        value = json.loads(seals.intro.split(b"\n")[1])
        value["seals"].reverse()
        intro = MAGIC + emit(value) + b"\n"
        self.add(
            "re_headed_seals_swapped",
            intro + b"".join(seals.frames),
            "refused",
            0,
            "the order of seals changed",
        )
        value["seals"].pop()
        intro = MAGIC + emit(value) + b"\n"
        self.add(
            "re_headed_seal_removed", intro + b"".join(seals.frames), "refused", 0, "a seal removed", "second"
        )
        self.add("wrong_key", data, "no_seal", 0, "sealed to another key", "other")
        renamed = data.replace(
            self.keys.archive.public.key_id.encode(), self.keys.other.public.key_id.encode()
        )
        self.add(
            "wrong_key_renamed", renamed, "refused", 0, "another key's id written over the seal", "other"
        )
        self.add(
            "other_version",
            data.replace(b"recording/1", b"recording/2", 1),
            "refused",
            0,
            "line 1 is not ours",
        )
        self.add("cr_lf", data.replace(MAGIC, MAGIC[:-1] + b"\r\n", 1), "refused", 0, "CR LF behind line 1")
        self.add("truncated_in_header", data[:200], "refused", 0, "ends within the header")
        self.add("empty", b"", "refused", 0, "no byte at all")
        long = self.good.intro[: len(MAGIC)] + b"{" * 16_385 + b"\n"
        self.add("header_too_long", long, "refused", 0, "line 2 has 16 385 bytes")
        self.bad_header_fields()

    def bad_header_fields(self):
        spaced = lambda value: emit(value).replace(b'":', b'": ', 1)  # noqa: E731
        self.sealed(
            "header_with_space", self.frames, "refused", 0, "a space in the header, sealed over", line=spaced
        )
        unsorted = lambda value: json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode()  # noqa: E731
        self.sealed(
            "header_unsorted", self.frames, "refused", 0, "keys not in order, sealed over", line=unsorted
        )
        for name, change, why in (
            ("version_2", {"v": 2}, "v is 2"),
            ("extra_field", {"note": "x"}, "a field more"),
            ("no_seals", {"seals": []}, "sealed to nobody"),
            ("call_of_other_desk", {"call": "sh01-d018/42"}, "the call is another desk's"),
            ("bad_time", {"started": "2026-11-22T08:00:00.12345Z"}, "five decimals"),
            (
                "bad_codec",
                {"audio": {"channels": 1, "codec": "mp3", "frame_ms": 20, "rate_hz": 8000}},
                "unknown codec",
            ),
            (
                "bad_rate",
                {"audio": {"channels": 1, "codec": "opus", "frame_ms": 20, "rate_hz": 44100}},
                "not Opus'",
            ),
        ):
            line = lambda value, change=change: emit({**value, **change})  # noqa: E731
            self.sealed(f"header_{name}", self.frames, "refused", 0, why, line=line)
        line = lambda value: emit({**value, "seals": value["seals"] * 2})  # noqa: E731
        self.sealed("header_seal_twice", self.frames, "refused", 0, "the same seal twice", line=line)

    def misframed(self):
        audio, finish = self.frames[1], self.frames[4]
        z_open = [event(), end(0)]
        self.sealed("end_not_last", z_open, "refused", 1, "Z sealed as not the last", flags=[False, False])
        self.sealed(
            "last_not_end", [event(), event()], "refused", 1, "E sealed as the last", flags=[False, True]
        )
        self.sealed("two_ends", [end(0), end(0)], "refused", 1, "a frame behind an end", flags=[True, True])
        for name, frame, why in (
            ("unknown_letter", b"B" + audio[1:], "a frame that begins with B"),
            ("small_letter", b"a" + audio[1:], "a frame that begins with a"),
            ("audio_extra_byte", audio + b"\0", "a byte behind the packets"),
            ("audio_short", audio[:-1], "the last packet is too short"),
            ("audio_no_packets", struct.pack(">cQH", b"A", 0, 0), "no packets"),
            ("audio_empty_packet", struct.pack(">cQHH", b"A", 0, 1, 0), "an empty packet"),
            ("audio_sample_too_large", struct.pack(">cQHH", b"A", 2**63, 1, 1) + b"x", "first sample 2^63"),
            ("audio_head_torn", audio[:9], "ends in its head"),
            ("event_with_space", b'E{"at_ms": 1,"kind":"ring"}', "not canonical"),
            ("event_with_float", b'E{"at_ms":1.0,"kind":"ring"}', "a float"),
            ("event_twice", b'E{"at_ms":1,"at_ms":1,"kind":"ring"}', "a key twice"),
            ("event_without_kind", b'E{"at_ms":1}', "kind is missing"),
            (
                "event_deep",
                b'E{"at_ms":1,"deep":' + b"[" * 10_000 + b"]" * 10_000 + b',"kind":"x"}',
                "too deep",
            ),
            ("gap_of_nothing", struct.pack(">cQI", b"G", 8000, 0) + b"overflow", "0 samples lost"),
            ("gap_without_reason", struct.pack(">cQI", b"G", 8000, 5), "no reason"),
            (
                "gap_reason_not_ascii",
                struct.pack(">cQI", b"G", 8000, 5) + "überlauf".encode(),
                "reason not ASCII",
            ),
        ):
            self.sealed(f"frame_{name}", [event(), frame, finish], "refused", 1, why)
        self.sealed(
            "end_with_null",
            [b'Z{"ended_by":null,"gaps":0,"lost_samples":0,"samples":0}'],
            "refused",
            0,
            "null",
        )
        self.sealed(
            "end_without_samples",
            [b'Z{"ended_by":"on_hook","gaps":0,"lost_samples":0}'],
            "refused",
            0,
            "missing",
        )
        for name, length in (("too_short", 16), ("too_long", 1_048_577), ("zero", 0), ("huge", 0xFFFFFFFF)):
            data = self.good.intro + self.good.frames[0] + struct.pack(">I", length) + bytes(40)
            self.add(f"length_{name}", data, "refused", 1, f"a frame of {length} bytes")

    def mistimed(self):
        packets = opus_packets(tone(1000))
        for name, frames, opened, why in (
            (
                "end_says_less",
                [encode_audio(0, packets), end(800)],
                2,
                "Z.samples is not where the audio ends",
            ),
            (
                "end_says_more",
                [encode_audio(0, packets), end(1200)],
                2,
                "Z.samples is not where the audio ends",
            ),
            (
                "hidden_hole",
                [encode_audio(0, packets[:3]), encode_audio(640, packets[4:]), end(1000)],
                3,
                "a hole",
            ),
            ("late_start", [encode_audio(160, packets), end(1160)], 2, "does not begin at sample 0"),
            (
                "gap_elsewhere",
                [encode_audio(0, packets), encode_gap(5000, 100, "overflow"), end(5100, 1, 100)],
                3,
                "gap",
            ),
            ("gap_not_counted", [encode_gap(0, 100, "overflow"), end(100)], 2, "Z counts no gap"),
            (
                "lost_not_counted",
                [encode_gap(0, 100, "overflow"), end(100, 1, 99)],
                2,
                "Z counts another loss",
            ),
            (
                "over_a_second",
                [encode_audio(0, opus_packets(tone(8100))), end(8100)],
                2,
                "51 packets in a frame",
            ),
        ):
            self.sealed(f"timeline_{name}", frames, "complete", opened, why, more={"timeline": "broken"})

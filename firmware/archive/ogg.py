"""Ogg pages for one Opus stream (RFC 3533, RFC 7845), written as packets come. mutagen makes each page."""

import secrets
import struct
from typing import Any, BinaryIO

from mutagen.ogg import OggPage

from firmware.archive.errors import ArchiveError

OPUS_RATE_HZ = 48_000  # Opus' own clock, whatever the input rate was
MAX_SEGMENTS = 255  # of 255 bytes, in a page
PAGE_SAMPLES = OPUS_RATE_HZ  # a page a second: RFC 7845 asks for no more
VENDOR = "Offhook"

_PAGE: Any = OggPage  # mutagen has no types


class OggOpusWriter:
    """Writes headers at once, then pages; `finish` trims the end to the exact sample."""

    def __init__(
        self,
        file: BinaryIO,
        *,
        channels: int,
        rate_hz: int,
        pre_skip: int,
        comments: dict[str, str],
        serial: int | None = None,
    ) -> None:
        """`pre_skip` in samples at 48 kHz; `rate_hz` is only told, every Opus stream plays at 48 kHz."""
        self._file = file
        self._serial = secrets.randbits(32) if serial is None else serial
        self._sequence = 0
        self._packets: list[bytes] = []
        self._segments = 0
        self._page_start = 0
        self.granule = 0  # samples at 48 kHz up to here, pre-skip included
        self._write([_head(channels, rate_hz, pre_skip)], 0, first=True)
        self._write([_tags(comments)], 0)

    def packet(self, data: bytes, samples: int) -> None:
        """One Opus packet that lasts `samples` at 48 kHz."""
        segments = len(data) // 255 + 1
        if segments > MAX_SEGMENTS:
            raise ArchiveError(f"an Opus packet of {len(data)} bytes does not fit into an Ogg page")
        full = self._segments + segments > MAX_SEGMENTS or self.granule - self._page_start >= PAGE_SAMPLES
        if self._packets and full:
            self._flush(self.granule)
        self._packets.append(data)
        self._segments += segments
        self.granule += samples

    def finish(self, granule: int) -> None:
        """The last page, whose position `granule` says where the sound ends (within the last packet)."""
        self._flush(granule, last=True)

    def _flush(self, granule: int, *, last: bool = False) -> None:
        self._write(self._packets, granule, last=last)
        self._packets, self._segments, self._page_start = [], 0, self.granule

    def _write(self, packets: list[bytes], granule: int, *, first: bool = False, last: bool = False) -> None:
        page = _PAGE()
        page.serial, page.sequence, page.position = self._serial, self._sequence, granule
        page.packets, page.first, page.last = packets, first, last
        self._file.write(page.write())
        self._sequence += 1


def _head(channels: int, rate_hz: int, pre_skip: int) -> bytes:
    """OpusHead, mapping family 0: mono, or left and right."""
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, pre_skip, rate_hz, 0, 0)


def _tags(comments: dict[str, str]) -> bytes:
    entries = [f"{name}={value}".encode() for name, value in comments.items()]
    parts = [b"OpusTags", _lengthened(VENDOR.encode()), struct.pack("<I", len(entries))]
    return b"".join([*parts, *(_lengthened(entry) for entry in entries)])


def _lengthened(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data

"""A recording's Opus packets, as they are, in an Ogg file; gaps become packets of encoded silence.

Ogg cannot say "nothing here": a granule position counts the samples of the packets before it (RFC 7845,
4.1). So a gap is filled with packets of 20, 10, 5 and 2.5 ms. What follows it begins at the next 2.5 ms at
or after its true time, and never earlier: no recorded packet is dropped or decoded again. `shift_samples`
tells how late it is at most. Where that matters (and it is written into the file's comments where each gap
is), .flac and .wav are exact to the sample. See decisions/0002-gaps-in-opus.md.
"""

from collections.abc import Iterable
from typing import BinaryIO

from firmware.archive.ogg import OPUS_RATE_HZ, OggOpusWriter
from firmware.evidence.recording import (
    OPUS_PRE_SKIP_48K,
    AudioFrame,
    EndFrame,
    EventFrame,
    Frame,
    GapFrame,
    Header,
)

SILENCE_US = (20_000, 10_000, 5_000, 2_500)  # lengths of Opus packets, longest first
WARM_UP = 8  # packets until the encoder's answer to silence no longer changes


class OpusExport:
    """Takes frames in order and writes as it goes; holds one packet and at most one page."""

    def __init__(self, file: BinaryIO, header: Header, comments: dict[str, str]) -> None:
        audio = header.audio
        self._rate = audio.rate_hz
        self._channels = audio.channels
        self._packet_48k = OPUS_RATE_HZ * audio.frame_ms // 1000
        self._silence = Silence(audio.channels)
        self._ogg = OggOpusWriter(
            file,
            channels=audio.channels,
            rate_hz=audio.rate_hz,
            pre_skip=OPUS_PRE_SKIP_48K,
            comments=comments,
        )
        self.shift_samples = 0  # most that anything is late, at the recording's rate
        self._late = 0  # how late the running run is, at 48 kHz
        self._end: int | None = 0  # of the timeline so far, at 48 kHz; None while audio runs

    def take(self, frame: Frame) -> None:
        match frame:
            case AudioFrame():
                self._audio(frame)
            case GapFrame():
                self._gap(self._clock(frame.first_sample + frame.lost_samples))
            case EndFrame():
                if self._end is None:
                    self._end = self._clock(frame.number("samples")) + self._late
            case EventFrame():
                pass

    def finish(self) -> int:
        """Write the last page. Length of what a player plays, in samples at 48 kHz."""
        granule = self._ogg.granule if self._end is None else OPUS_PRE_SKIP_48K + self._end
        self._fill(granule)  # after a gap the look-ahead of what would follow is missing
        self._ogg.finish(granule)
        return max(0, granule - OPUS_PRE_SKIP_48K)

    def _gap(self, end: int) -> None:
        """Fill up with silence until the next packet's sound would begin at `end` or after it.

        A run's first packet at granule g sounds from g on (its own look-ahead and the stream's pre-skip
        cancel out), so silence is due until the granule is `end`.
        """
        self._fill(end)
        self._end = end

    def _audio(self, frame: AudioFrame) -> None:
        if self._end is not None:  # the first audio behind a gap
            self._late = self._ogg.granule - self._end
            self.shift_samples = max(self.shift_samples, -(-self._late * self._rate // OPUS_RATE_HZ))
            self._end = None
        for packet in frame.packets:
            self._ogg.packet(packet, self._packet_48k)

    def _fill(self, granule: int) -> None:
        for packet, samples in self._silence.packets(max(0, granule - self._ogg.granule)):
            self._ogg.packet(packet, samples)

    def _clock(self, samples: int) -> int:
        return samples * OPUS_RATE_HZ // self._rate


class Silence:
    """Packets of encoded zeros, of any length in steps of 2.5 ms."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._made: dict[int, bytes] = {}

    def packets(self, samples: int) -> Iterable[tuple[bytes, int]]:
        """Packets and their lengths, together at least `samples` at 48 kHz and less than 2.5 ms more."""
        lengths = [OPUS_RATE_HZ * us // 1_000_000 for us in SILENCE_US]
        missing = -(-samples // lengths[-1]) * lengths[-1]
        for length in lengths:
            while missing >= length:
                yield self._packet(length), length
                missing -= length

    def _packet(self, length: int) -> bytes:
        if length not in self._made:
            from opuslib_next.classes import Encoder  # noqa: PLC0415  # only recordings with gaps need it

            encoder = Encoder(OPUS_RATE_HZ, self._channels, "audio")
            zeros = bytes(length * self._channels * 2)
            for _ in range(WARM_UP):
                self._made[length] = bytes(encoder.encode(zeros, length))
        return self._made[length]

"""Do the frames of a recording tell one unbroken timeline? Every sample is there, or said to be lost.

A run is the audio between two gaps (or the start, or the end). It begins where the last gap ended. Opus
and its look-ahead: the encoder starts afresh with each run, and a run of n samples has exactly
ceil((n + pre-skip) / packet) packets, so that what it decodes to covers it.
"""

from firmware.evidence.errors import FormatError
from firmware.evidence.recording import (
    AudioFormat,
    AudioFrame,
    AudioSpan,
    EndFrame,
    EventFrame,
    Frame,
    GapFrame,
)

_STREAMINFO_AT, _STREAMINFO_END = 8, 42  # after "fLaC" and a block header of 4 bytes; 34 bytes long


def flac_samples(packet: bytes, audio: AudioFormat) -> int:
    """Samples per channel of one whole FLAC stream, by its STREAMINFO (RFC 9639, 8.2)."""
    info = packet[_STREAMINFO_AT:_STREAMINFO_END]
    if len(info) != 34 or packet[:4] != b"fLaC" or packet[4] & 0x7F:
        raise FormatError("a packet is not a FLAC stream with STREAMINFO first")
    bits = int.from_bytes(info[10:18], "big")
    rate, channels, depth = bits >> 44, (bits >> 41 & 7) + 1, (bits >> 36 & 31) + 1
    if (rate, channels, depth) != (audio.rate_hz, audio.channels, 16):
        raise FormatError(f"a FLAC packet has {rate} Hz, {channels} channels, {depth} bits: not the header's")
    return bits & (2**36 - 1)


def packet_samples(packet: bytes, audio: AudioFormat) -> int:
    """Samples per channel that a packet stands for; FormatError when it cannot be one of this format."""
    if audio.codec == "opus":
        return audio.packet_samples
    if audio.codec == "flac":
        samples = flac_samples(packet, audio)
    else:
        samples, rest = divmod(len(packet), 2 * audio.channels)
        if rest:
            raise FormatError("a PCM packet ends within a sample")
    if not 1 <= samples <= audio.packet_samples:
        raise FormatError(f"a packet holds {samples} samples; 1 to {audio.packet_samples} are possible")
    return samples


class Timeline:
    """Takes a recording's frames in order; FormatError where they contradict each other."""

    def __init__(self, audio: AudioFormat) -> None:
        self.audio = audio
        self.gaps = 0
        self.lost_samples = 0
        self._run_start = 0
        self._run_coded = 0  # samples that the run's packets stand for
        self._run_packets = 0
        self._end_at: int | None = None

    @property
    def samples(self) -> int:
        """Length so far per channel: what decodes, and what is known to be lost."""
        if self._end_at is not None:
            return self._end_at
        return self._run_start + max(0, self._run_coded - self.audio.pre_skip)

    def take(self, frame: Frame | AudioSpan) -> None:
        match frame:
            case AudioSpan():
                self._audio(frame.first_sample, frame.packets, frame.packets * self.audio.packet_samples)
            case AudioFrame():  # an AudioSpan is of Opus, where every packet stands for the same
                samples = sum(packet_samples(packet, self.audio) for packet in frame.packets)
                self._audio(frame.first_sample, len(frame.packets), samples)
            case GapFrame():
                self._end_run(frame.first_sample, "a gap")
                self.gaps += 1
                self.lost_samples += frame.lost_samples
                self._run_start = frame.first_sample + frame.lost_samples
                self._run_coded = self._run_packets = 0
            case EndFrame():
                self._end(frame)
            case EventFrame():
                pass

    def _audio(self, first_sample: int, packets: int, samples: int) -> None:
        if samples > self.audio.rate_hz:
            raise FormatError(f"an audio frame holds {samples} samples, more than 1 s")
        expected = self._run_start + self._run_coded
        if first_sample != expected:
            raise FormatError(f"audio goes on at sample {first_sample}, {expected} is expected")
        self._run_coded += samples
        self._run_packets += packets

    def _end_run(self, at: int, what: str) -> None:
        length = at - self._run_start
        if self.audio.codec == "opus":
            needed = -(-(length + self.audio.pre_skip) // self.audio.packet_samples) if length else 0
            good = length >= 0 and self._run_packets == needed
        else:
            good = length == self._run_coded
        if not good:
            raise FormatError(f"{what} is at sample {at}, which is not where the audio before it ends")

    def _end(self, frame: EndFrame) -> None:
        self._end_run(frame.number("samples"), "the end")
        self._end_at = frame.number("samples")
        counted = {"gaps": self.gaps, "lost_samples": self.lost_samples}
        for name, number in counted.items():
            if frame.number(name) != number:
                raise FormatError(f"the end frame says {name} {frame.number(name)}, the frames say {number}")

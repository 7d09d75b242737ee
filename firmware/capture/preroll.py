"""PrerollRing: the last seconds of a line's timeline, gaps included, without a hole."""

from collections import deque

from drivers.audio import SAMPLE_RATE_HZ, AudioBlock, AudioGap

Piece = AudioBlock | AudioGap


def length(piece: Piece, channels: int) -> int:
    """Samples per channel that a block or gap stands for."""
    return piece.lost_samples if isinstance(piece, AudioGap) else piece.frames(channels)


class PrerollRing:
    """Keeps at least `seconds`, in whole blocks as they came: nothing is copied."""

    def __init__(self, seconds: float, *, channels: int) -> None:
        self._keep = round(seconds * SAMPLE_RATE_HZ)
        self._channels = channels
        self._pieces: deque[Piece] = deque()
        self._samples = 0

    @property
    def first_sample(self) -> int | None:
        """Position of the oldest sample that is kept; None when there is none."""
        return self._pieces[0].first_sample if self._pieces else None

    @property
    def samples(self) -> int:
        return self._samples

    def push(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._samples += length(piece, self._channels)
        while self._pieces and self._samples - length(self._pieces[0], self._channels) >= self._keep:
            self._samples -= length(self._pieces.popleft(), self._channels)

    def pieces(self) -> tuple[Piece, ...]:
        """Oldest first."""
        return tuple(self._pieces)

"""What happens on the line, told to whoever shows it. All times are samples of the timeline."""

from collections.abc import Callable
from typing import Protocol


class LineListener(Protocol):
    """Called at the write head, in order; shows it when real time reaches the sample."""

    def hook(self, sample: int, *, lifted: bool) -> None: ...

    def flash(self, sample: int) -> None: ...

    def cleared(self, sample: int) -> None:
        """On-hook for longer than any flash."""
        ...

    def voltage(self, sample: int, millivolts: int) -> None: ...

    def ring_burst(self, end_sample: int, duration_ms: int, ring: int) -> None:
        """A burst has ended; `ring` counts rings (a double burst is one ring) from 1."""
        ...

    def caller_known(self, sample: int, number: str, name: str, *, checksum_ok: bool, rings: int) -> None:
        """Caller id has been sent, or (empty) the second ring came without one."""
        ...

    def number_dialled(self, sample: int, number: str) -> None: ...

    def call_ended(self, sample: int, *, inbound: bool, seconds: int, rings: int) -> None:
        """`seconds` since the handset was lifted; 0: not answered."""
        ...


Note = Callable[..., None]
"""note(event, sample=None, **values): one event of the truth, by default at the write head."""

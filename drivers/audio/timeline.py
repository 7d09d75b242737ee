"""Where a sound card's blocks stand on the monotonic clock, and how many samples miss between them. Pure.

A block's stamp is the time when the driver handed it over: the capture of its last sample plus a delay that
is never negative. So `offset = stamp - position` has a sharp lower edge, and the edge moves only by the
card's drift. We follow the edge: down at once, up by at most 1000 ppm (quartz is off by 100 ppm, no real card
by 1000). Rules:

1. A late block alone is a stall of this machine, no loss: the kernel still holds the samples, and the offset
   falls back.
2. A block with the overflow flag, and the first block after an absence, come after a loss. They and the next
   blocks are held, SETTLE_BLOCKS in all (they arrive meanwhile: only the disk waits); the lowest offset among
   them less the edge is the time that was lost. It is at least one sample: what a driver reports is not
   unsaid.
3. A block later than one block (and 50 ms) opens a suspicion; if none of SUSPECT_BLOCKS in a row falls back
   below that, samples were lost without a flag (seen with PipeWire: 160 ms), and rule 2 applies. A smaller
   loss
   without a flag cannot be told from drift and is not claimed.
4. Lost samples = round(lost time x 8000 Hz), placed before the first held block. Drift alone makes no gap.

Times are monotonic ns, positions samples at 8000 Hz. A block's `at_ns` is edge + position: free of the
stall's jitter.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.audio import DEVICE_LOST, OVERFLOW, SAMPLE_RATE_HZ
from drivers.audio.convert import converted_count

SETTLE_BLOCKS = 5  # 0.5 s: enough for one wake-up on time, and half of what a vault may be behind
SUSPECT_BLOCKS = 10  # 1 s, every block late: no stall does that, the kernel holds two blocks
SUSPECT_NS = 50_000_000
DRIFT_PPM = 1000
NS_PER_SAMPLE = 1_000_000_000 // SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class RawBlock:
    """What the card delivered: frames per channel at the card's rate.

    `at_ns`: when; `overflow`: samples lost before it.
    """

    frames: int
    at_ns: int
    overflow: bool
    samples: bytes


@dataclass(frozen=True, slots=True)
class Loss:
    """`lost_samples` from `first_sample` on, all at 8 kHz; the card's stream before it is closed."""

    first_sample: int
    lost_samples: int
    reason: str


Placed = RawBlock | Loss


class Timeline:
    """Feed every block; take back blocks in order, with a Loss wherever samples are missing."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._base = 0  # position of the running segment's first sample
        self._frames = 0  # device frames in the segment
        self._edge_ns: int | None = None  # lower edge of stamp - position
        self._edge_at_ns = 0
        self._held: list[RawBlock] = []
        self._reason = ""  # why they are held; "" while it is only a suspicion
        self._absent = False

    def origin(self, at_ns: int) -> None:
        """Sample 0 is at `at_ns`: the card was not there at the start."""
        if self._edge_ns is None:
            self._edge_ns = self._edge_at_ns = at_ns
            self._absent = True

    def at_ns(self, position: int) -> int:
        """When the sample before `position` was captured. Only after a first block or origin."""
        return self._edge() + position * NS_PER_SAMPLE

    def add(self, block: RawBlock) -> Iterator[Placed]:
        """The block, those held before it, or nothing yet."""
        reason = self._loss_before(block)
        if reason:
            yield from self._release()
            self._reason, self._held = reason, [block]
        elif not self._held and self._late_ns([block]) <= self._allowed_ns(block):
            yield self._place(block)
        else:
            self._held.append(block)
            if self._is_decided(block):
                yield from self._release()

    def stop(self) -> Iterator[Placed]:
        """The card is gone: what was held comes out; the next block will follow an absence."""
        yield from self._release()
        self._absent = self._edge_ns is not None

    def _loss_before(self, block: RawBlock) -> str:
        if self._absent:
            self._absent = False
            return DEVICE_LOST
        return OVERFLOW if block.overflow and self._edge_ns is not None else ""

    def _is_decided(self, block: RawBlock) -> bool:
        if self._reason:
            return len(self._held) >= SETTLE_BLOCKS
        if self._late_ns(self._held) <= self._allowed_ns(block):
            return True
        if len(self._held) >= SUSPECT_BLOCKS:
            self._reason = OVERFLOW
        return bool(self._reason)

    def _release(self) -> Iterator[Placed]:
        """Place all that is held, after a Loss if there was one."""
        held, self._held = self._held, []
        reason, self._reason = self._reason, ""
        if reason:
            yield self._lose(held, reason)
        for block in held:
            yield self._place(block)

    def _lose(self, held: list[RawBlock], reason: str) -> Loss:
        late_ns = min(self._late_ns(held[: count + 1]) for count in range(len(held)))
        whole = converted_count(self._frames, self._rate_hz)
        # The segment ends at a whole sample; what rounding took or gave (≤ ½ sample) belongs to the loss.
        late_ns += self._frames * 1_000_000_000 // self._rate_hz - whole * NS_PER_SAMPLE
        lost = max(1, round(late_ns / NS_PER_SAMPLE))
        loss = Loss(self._base + whole, lost, reason)
        self._base, self._frames = loss.first_sample + lost, 0
        self._edge_ns = self._edge() + late_ns - lost * NS_PER_SAMPLE
        self._edge_at_ns = held[0].at_ns
        return loss

    def _place(self, block: RawBlock) -> RawBlock:
        self._frames += block.frames
        offset = block.at_ns - self._elapsed_ns(0)
        if self._edge_ns is None:
            self._edge_ns = offset
        else:
            risen = max(0, block.at_ns - self._edge_at_ns) * DRIFT_PPM // 1_000_000
            self._edge_ns = min(offset, self._edge_ns + risen)
        self._edge_at_ns = max(self._edge_at_ns, block.at_ns)
        return block

    def _late_ns(self, blocks: list[RawBlock]) -> int:
        """How far the last of these, none of them placed yet, came after the edge; 0 before there is one."""
        if self._edge_ns is None:
            return 0
        return blocks[-1].at_ns - self._elapsed_ns(sum(block.frames for block in blocks)) - self._edge_ns

    def _allowed_ns(self, block: RawBlock) -> int:
        return max(SUSPECT_NS, block.frames * 1_000_000_000 // self._rate_hz)

    def _elapsed_ns(self, more_frames: int) -> int:
        return self._base * NS_PER_SAMPLE + (self._frames + more_frames) * 1_000_000_000 // self._rate_hz

    def _edge(self) -> int:
        if self._edge_ns is None:
            raise ValueError("the timeline has not begun")
        return self._edge_ns

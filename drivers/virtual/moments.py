"""When something happens on the line: values that the verbs give back."""

from msgspec import Struct

RATE_HZ = 8000
"""Rate of the one timeline that everything stands on."""
NS_PER_SAMPLE = 1_000_000_000 // RATE_HZ
"""125 000, exactly: sample n is on the wire at epoch_ns + n * NS_PER_SAMPLE."""


class Moment(Struct, frozen=True):
    """When a verb takes effect: a sample of the timeline, and CLOCK_MONOTONIC of that sample.

    It lies up to the lead (150 ms) in the future: sound already handed to the card cannot be taken back.
    """

    at_ns: int
    sample: int


class Placement(Struct, frozen=True):
    """Where speech (or dialled digits) stands: [sample, end_sample) of the timeline."""

    at_ns: int
    sample: int
    end_ns: int
    end_sample: int


class LampChange(Struct, frozen=True):
    """A lamp as a person sees it: brightness 0 … 1 from `at_ns` (CLOCK_MONOTONIC) on.

    `driven` false: no process holds the pin, and the lamp shows what its wiring does (amber lights).
    """

    at_ns: int
    lamp: str
    brightness: float
    driven: bool


class Lamps(Struct, frozen=True):
    """The lamps now, and all their changes since the desk began (or since `since_ns`), oldest first."""

    green: float
    red: float
    amber: float
    history: tuple[LampChange, ...] = ()


class Truth(Struct, frozen=True):
    """Where the truth lies, and the mapping of samples to time. truth.jsonl has one event a line."""

    events_path: str
    wav_path: str
    epoch_ns: int
    head_sample: int
    shown_sample: int
    channels: int

    def at_ns(self, sample: int) -> int:
        """CLOCK_MONOTONIC at which the card presents this sample (modes strict and elastic)."""
        return self.epoch_ns + sample * NS_PER_SAMPLE


class Status(Struct, frozen=True):
    """What the line and the phone do now (at the write head)."""

    line: str
    off_hook: bool
    ringing: bool
    card_plugged: bool
    serial_plugged: bool
    card_opens: int
    card_overruns: int
    cpu_s: float

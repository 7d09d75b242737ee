"""How old a sample is when it reaches a listener, although desk and vault have clocks of their own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from firmware.evidence.recording import Header
from firmware.evidence.times import parse_utc
from sync.vault.ingest.live import LiveDesk

MAX_MS = 3_600_000  # what is older is shown as this


def clock_difference_ms(live: LiveDesk) -> int:
    """How far the vault's clock is ahead of the desk's, at most some milliseconds too much.

    Every message tells when it was sent and when it came: the least difference is the one that waited least.
    """
    pairs = (
        (live.state.at if live.state else "", live.state_at),
        (live.health.at if live.health else "", live.health_at),
        (live.call.at if live.call else "", live.call_at),
    )
    differences = [_ms(parse_utc(came) - parse_utc(sent)) for sent, came in pairs if sent and came]
    return min(differences, default=0)


def behind_by(live: Callable[[], LiveDesk]) -> Callable[[Header, int], int]:
    """For LiveSound: milliseconds from the moment of a sample to now."""

    def behind(header: Header, sample: int) -> int:
        spoken = parse_utc(header.started) + timedelta(seconds=sample / header.audio.rate_hz)
        late = _ms(datetime.now(UTC) - spoken) - clock_difference_ms(live())
        return max(0, min(MAX_MS, late))

    return behind


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)

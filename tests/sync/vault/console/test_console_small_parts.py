"""Times, names, ranges, peaks, tickets: the small pure parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.archive.decoding import Pcm
from sync.vault.console.moments import Zone, duration, epoch_ms, size, utc_title
from sync.vault.console.pages.ways import local, which
from sync.vault.console.ranges import ranged
from sync.vault.console.sound.behind import clock_difference_ms
from sync.vault.console.sound.heard import Heard
from sync.vault.console.sound.library import _Kept
from sync.vault.console.sound.waveform import BUCKETS, Peaks
from sync.vault.errors import Refused
from sync.vault.ingest.live import LiveDesk
from sync.wire.messages import State

AT = "2026-11-22T16:30:05.123456Z"


def test_times_are_the_readers():
    shanghai = Zone.named("Asia/Shanghai")
    assert (shanghai.day(AT), shanghai.clock(AT)) == ("2026-11-23", "00:30:05")
    assert utc_title(AT) == "2026-11-22 16:30:05.123 UTC"
    assert epoch_ms("1970-01-01T00:00:01.500000Z") == 1500
    assert shanghai.from_input("2026-11-23T00:30") == "2026-11-22T16:30:00.000000Z"
    assert shanghai.from_input("2026-11-23") == "2026-11-22T16:00:00.000000Z"
    assert shanghai.from_input("yesterday") == shanghai.from_input("") == ""


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "Mars/Olympus", "\x00", "a" * 5000])
def test_a_zone_that_is_none_is_utc(name):
    assert Zone.named(name).name == "UTC"


def test_lengths():
    assert [duration(ms) for ms in (-1, 999, 61_000, 3_661_000)] == ["0:00", "0:00", "1:01", "1:01:01"]
    assert [size(n) for n in (0, 999, 1_500, 2_500_000, 7_000_000_000_000)] == [
        "0 B", "999 B", "1.5 kB", "2.5 MB", "7.0 TB",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "\\\\evil", "/\\evil", "", "/a\nb"]
)
def test_next_never_leads_elsewhere(path):
    assert local(path) == "/"


def test_next_leads_back():
    assert local("/calls?desk=a") == "/calls?desk=a"


def test_a_call_that_cannot_be():
    with pytest.raises(Refused, match="no such call"):
        which("../x", 1)
    with pytest.raises(Refused, match="no such call"):
        which("d1", 0)


DATA = bytes(range(100))


@given(st.integers(0, 150), st.integers(0, 150))
def test_ranges_are_slices(first, last):
    answer = ranged(DATA, f"bytes={first}-{last}", "audio/wav")
    if first > last or first >= 100:
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == "bytes */100"
    else:
        assert answer.status_code == 206
        assert answer.content == DATA[first : last + 1]
        assert answer.headers["Content-Range"] == f"bytes {first}-{min(last, 99)}/100"


def test_open_ranges():
    assert ranged(DATA, "bytes=40-", "a/b").content == DATA[40:]
    assert ranged(DATA, "bytes=-7", "a/b").content == DATA[-7:]
    assert ranged(DATA, "bytes=-0", "a/b").status_code == 416
    assert ranged(b"", "bytes=0-", "a/b").status_code == 416
    for whole in ("", "bytes=-", "bytes=0-1,5-6", "lines=1-2"):
        answer = ranged(DATA, whole, "a/b")
        assert (answer.status_code, answer.content) == (200, DATA)
        assert answer.headers["Accept-Ranges"] == "bytes"


@given(st.lists(st.integers(1, 3000), max_size=12), st.integers(1, 2))
def test_peaks_do_not_depend_on_the_pieces(lengths, channels):
    rng = np.random.default_rng(7)
    sound = rng.integers(-32768, 32767, (sum(lengths), channels)).astype("<i2")
    whole, pieces, at = Peaks(channels, 8000), Peaks(channels, 8000), 0
    for length in lengths:
        pieces.take(Pcm(at, sound[at : at + length].tobytes()))
        at += length
    whole.take(Pcm(0, sound.tobytes()))
    assert whole.joined() == pieces.joined()
    assert pieces.samples == len(sound)


def test_peaks_stand_where_the_sound_is():
    sound = np.zeros((80_000, 1), "<i2")
    sound[40_000] = -32768
    peaks = Peaks(1, 8000)
    peaks.take(Pcm(0, sound.tobytes()))
    step, (values,) = peaks.joined()
    assert values[40_000 // step] == 255
    assert sum(values) == 255


def test_a_long_call_is_not_drawn_finer_than_a_screen():
    peaks = Peaks(1, 8000)
    peaks.take(Pcm(0, bytes(2 * 8000 * 600)))
    step, (values,) = peaks.joined()
    assert len(values) <= BUCKETS
    assert step * len(values) >= 8000 * 600


def test_a_ticket_is_one_play():
    heard = Heard()
    assert heard.is_new("p", "d/1", "t")
    assert not heard.is_new("p", "d/1", "t")
    assert heard.is_new("p", "d/2", "t")
    assert heard.is_new("q", "d/1", "t")
    assert heard.is_new("p", "d/1", "")
    assert heard.is_new("p", "d/1", "")
    assert heard.ticket() != heard.ticket()


def test_what_is_kept_has_a_bound():
    kept = _Kept(10, len)
    for name in "abc":
        kept.put(name, b"1234")
    assert kept.get("a") is None
    assert kept.get("b") == kept.get("c") == b"1234"
    kept.put("large", bytes(50))
    assert kept.get("b") is None
    assert len(kept.get("large")) == 50


def test_the_clocks_of_desk_and_vault():
    assert clock_difference_ms(LiveDesk()) == 0
    state = State(state="online", session="s", at="2026-11-22T08:00:00.000000Z")
    live = LiveDesk(state=state, state_at="2026-11-22T08:00:05.250000Z")
    assert clock_difference_ms(live) == 5250

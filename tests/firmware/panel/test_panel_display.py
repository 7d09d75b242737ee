import pytest

from drivers.errors import DriverError
from firmware.panel.display import Display
from firmware.panel.facts import Facts
from firmware.panel.situations import choose

MS = 1_000_000


class Recorded:
    """Lamps that note what they are set to; they fail as often as `broken` says."""

    def __init__(self) -> None:
        self.sets: list[tuple[float, float, float]] = []
        self.broken = 0

    def set(self, *, green: float, red: float, amber: float) -> None:
        if self.broken:
            self.broken -= 1
            raise DriverError("the pins do not answer")
        self.sets.append((green, red, amber))

    def close(self) -> None:
        pass


def play(display: Display, from_ms: int, until_ms: int) -> list[int]:
    """Refresh whenever it is due; the times of it in ms."""
    times, now_ns = [], from_ms * MS
    while (due := display.next_change_ns(now_ns)) is not None and due <= until_ms * MS:
        now_ns = due
        display.refresh(now_ns)
        times.append(now_ns // MS)
    return times


def test_a_fault_blinks_amber_in_time_and_nothing_else():
    lamps = Recorded()
    display = Display(lamps)
    display.show(choose(Facts(critical=True)), 5000 * MS)
    assert play(display, 5000, 6000) == [5200, 5400, 5600, 5800, 6000]
    assert lamps.sets == [(0, 0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 0)]


def test_steady_lamps_need_no_refresh():
    lamps = Recorded()
    display = Display(lamps)
    display.show(choose(Facts()), 0)
    assert display.next_change_ns(0) is None
    display.refresh(10_000 * MS)
    assert lamps.sets == [(1, 0, 0)]


def test_a_lamp_keeps_its_phase_when_its_pattern_stays():
    display = Display(Recorded())
    display.show(choose(Facts(attention=2)), 0)
    before = display.next_change_ns(150 * MS)
    display.show(choose(Facts(attention=2, recording=True, off_hook=True)), 150 * MS)
    assert display.next_change_ns(150 * MS) == before == 200 * MS


def test_green_goes_out_alone():
    lamps = Recorded()
    display = Display(lamps)
    display.show(choose(Facts(recording=True, off_hook=True)), 0)
    display.green_off(MS)
    assert lamps.sets[-1] == (0, 1, 0)


def test_lamps_that_failed_are_set_again_at_the_next_refresh():
    lamps = Recorded()
    display = Display(lamps)
    lamps.broken = 1
    with pytest.raises(DriverError):
        display.show(choose(Facts()), 0)
    display.refresh(MS)
    assert lamps.sets == [(1, 0, 0)]

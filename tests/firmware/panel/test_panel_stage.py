from firmware.panel.display import Display
from firmware.panel.facts import Facts
from firmware.panel.situations import choose
from firmware.panel.stage import FAULT_WAITS_NS, Stage
from firmware.panel.witness import Ticket

MS = 1_000_000
READY, CALL, FAULT = (
    choose(Facts()),
    choose(Facts(recording=True, off_hook=True)),
    choose(Facts(critical=True)),
)


class Lit:
    def __init__(self) -> None:
        self.now = (0.0, 0.0, 0.0)

    def set(self, *, green: float, red: float, amber: float) -> None:
        self.now = (green, red, amber)

    def close(self) -> None:
        pass


class Disk:
    """Tickets that become durable when the test says so."""

    def __init__(self) -> None:
        self.entries: list[tuple[Ticket, str, object]] = []

    def write(self, kind, body) -> Ticket:
        ticket = Ticket()
        self.entries.append((ticket, kind, body))
        return ticket

    def settle(self) -> None:
        for ticket, *_ in self.entries:
            ticket.durable = True


def begin():
    lamps, disk = Lit(), Disk()
    stage = Stage(display=Display(lamps), write=disk.write)
    stage.want(READY, 0)
    disk.settle()
    stage.advance(1 * MS)
    assert lamps.now == (1, 0, 0)
    return lamps, disk, stage


def test_nothing_is_shown_before_its_entry_is_durable():
    lamps, disk, stage = begin()
    stage.want(CALL, 10 * MS)
    stage.want(CALL, 5000 * MS)
    assert lamps.now == (1, 0, 0)
    assert stage.shown == READY
    disk.settle()
    assert stage.advance(5001 * MS)
    assert lamps.now == (1, 1, 0)
    assert [body for _, kind, body in disk.entries if kind == "lamps"] == [
        {"ready": "on", "recording": "off", "fault": "off", "situation": 8},
        {"ready": "on", "recording": "on", "fault": "off", "situation": 4},
    ]


def test_green_goes_out_at_once_and_the_fault_does_not_wait_for_ever():
    lamps, _, stage = begin()
    stage.want(FAULT, 100 * MS)
    assert lamps.now == (0, 0, 0)
    assert stage.due_ns() == 100 * MS + FAULT_WAITS_NS
    assert not stage.advance(100 * MS + FAULT_WAITS_NS - 1)
    assert stage.advance(100 * MS + FAULT_WAITS_NS)
    assert lamps.now == (0, 0, 1)
    assert stage.due_ns() is None


def test_green_taken_away_comes_back_when_the_fault_was_none():
    lamps, disk, stage = begin()
    stage.want(FAULT, 100 * MS)
    stage.want(READY, 110 * MS)
    assert lamps.now == (0, 0, 0)
    disk.settle()
    stage.advance(120 * MS)
    assert lamps.now == (1, 0, 0)


def test_one_entry_for_one_change():
    _, disk, stage = begin()
    for at in range(10, 20):
        stage.want(CALL, at * MS)
    assert len(disk.entries) == 2

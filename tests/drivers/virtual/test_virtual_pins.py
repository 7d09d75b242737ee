"""Pins under stock gpiozero and its PiGPIOFactory, in a process of its own."""

import json
import socket
import struct
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.virtual.pins.bank import PinBank

GREEN, RED, AMBER = 5, 6, 13


def read(process: subprocess.Popen) -> list:
    return json.loads(process.stdout.readline())


def tell(process: subprocess.Popen, text: str) -> None:
    process.stdin.write(text + "\n")
    process.stdin.flush()


@pytest.fixture
def watched(desk: Callable, child: Callable) -> tuple:
    made = desk(interface="disabled")
    process = child(made, "watch_pins.py", 0.02)
    assert process.stdout.readline() == "ready 0\n"
    return made, process


def test_the_hook_is_seen_once_per_edge_behind_the_glitch_filter(watched: tuple) -> None:
    desk, process = watched
    for _ in range(3):
        lifted = desk.lift()
        name, at_ns = read(process)
        assert name == "lifted"
        assert at_ns > lifted.at_ns + 20_000_000
        replaced = desk.replace()
        name, at_ns = read(process)
        assert name == "replaced"
        assert at_ns > replaced.at_ns + 20_000_000
        desk.wait_line("idle")


def test_without_a_filter_the_contact_is_seen_to_bounce(desk: Callable, child: Callable) -> None:
    made = desk(interface="disabled")
    process = child(made, "watch_pins.py", 0)
    process.stdout.readline()
    made.lift()
    names = [read(process)[0] for _ in range(5)]
    assert names == ["lifted", "replaced", "lifted", "replaced", "lifted"]
    bounces = next(e["bounces"] for e in made.events() if e["event"] == "hook")
    assert [read(process)[0] for _ in range(2 * bounces - 4)] == ["replaced", "lifted"] * (bounces - 2)


def test_lamps_are_seen_with_their_brightness_and_time(watched: tuple) -> None:
    desk, process = watched
    before = desk.lift()
    desk.wait_lamp("green")
    assert desk.wait_lamp("amber", lit=False).at_ns > 0
    tell(process, "red 0.25")
    desk.wait_lamp("red")
    tell(process, "amber 1")
    desk.wait_lamp("amber")
    lamps = desk.lamps(since_ns=before.at_ns)
    assert (lamps.green, lamps.red, lamps.amber) == (1.0, 0.25, 1.0)
    assert [(c.lamp, c.brightness) for c in lamps.history] == [("green", 1.0), ("red", 0.25), ("amber", 1.0)]
    assert [c.at_ns for c in lamps.history] == sorted(c.at_ns for c in lamps.history)


def test_a_killed_process_leaves_green_and_red_dark_and_amber_lit_by_its_wiring(watched: tuple) -> None:
    desk, process = watched
    desk.lift()
    desk.wait_lamp("green")
    tell(process, "red 1")
    desk.wait_lamp("red")
    process.kill()
    desk.wait_lamp("green", lit=False)
    desk.wait_lamp("amber")
    lamps = desk.lamps()
    assert (lamps.green, lamps.red, lamps.amber) == (0.0, 0.0, 1.0)
    assert not any(c.driven for c in lamps.history[-3:])


def test_a_stuck_sensor_shows_nothing_and_a_freed_one_the_truth(watched: tuple) -> None:
    desk, process = watched
    desk.stick_hook("replaced")
    lifted = desk.lift()
    desk.wait_until(lifted.sample + 800)
    tell(process, "hook")
    assert read(process)[0] == "down"
    freed = desk.free_hook()
    name, at_ns = read(process)
    assert name == "lifted"
    assert at_ns > freed.at_ns


def test_chatter_faster_than_the_filter_is_not_seen_at_all(watched: tuple) -> None:
    desk, process = watched
    chatter = desk.chatter_hook(200, period_ms=4)
    desk.wait_until(chatter.sample + 8 * 300)
    desk.lift()
    assert read(process)[0] == "lifted"


def test_the_level_of_a_lifted_handset_is_an_option(desk: Callable) -> None:
    made = desk(interface="disabled", lifted_level="high")
    with socket.create_connection(("127.0.0.1", int(made.environment()["PIGPIO_PORT"]))) as client:
        assert command(client, 3, 17) == 0
        lifted = made.lift()
        made.wait_until(lifted.sample + 160)
        assert command(client, 3, 17) == 1


def test_commands_that_the_pins_do_not_have_are_refused_and_the_connection_goes_on(desk: Callable) -> None:
    made = desk(interface="disabled")
    with socket.create_connection(("127.0.0.1", int(made.environment()["PIGPIO_PORT"]))) as client:
        assert command(client, 71, 0) == -88
        assert command(client, 3, 40) == -3
        assert command(client, 83, 5) == -92
        assert command(client, 17, 0) == 0x902120


def command(client: socket.socket, number: int, p1: int) -> int:
    client.sendall(struct.pack("<IIII", number, p1, 0, 0))
    return struct.unpack("<IIIi", client.recv(16, socket.MSG_WAITALL))[3]


@given(
    st.integers(0, 30_000),
    st.lists(st.tuples(st.integers(1, 40_000), st.integers(0, 1)), max_size=30),
)
def test_a_filter_reports_exactly_the_levels_that_held_for_its_time(steady_us: int, edges: list) -> None:
    bank = PinBank(lambda _number, _at: None)
    seen: list[tuple[int, int]] = []
    bank.listen(lambda _changed, levels, at_ns: seen.append((levels >> 17 & 1, at_ns)))
    bank.set_filter(17, steady_us)
    now, level, expected, since = 0, 0, [], 0
    reported = 0
    for gap_us, new in [*edges, (60_000, -1)]:
        held_ns, now = now - since + gap_us * 1000, now + gap_us * 1000
        bank.run_due(now - 1)
        if level != reported and held_ns > steady_us * 1000:
            reported = level
            expected.append((level, since + steady_us * 1000))
        if new in (0, 1) and new != level:
            bank.drive_outside(17, new, now)
            level, since = new, now
            if not steady_us:
                reported = new
                expected.append((new, now))
    assert seen == expected

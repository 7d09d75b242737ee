"""The contract of hook sensors, over every implementation that has a handset behind it."""

import contextlib
import os
import queue
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.desk import Hook
from config.load import load_desk
from drivers.errors import DriverError
from drivers.hook import HookLifted, HookReplaced, HookSensor
from drivers.hook.gpio import GpioHook
from drivers.line.lineboard import emit as lineboard_line
from drivers.open import open_hook, open_line
from drivers.pigpio_callbacks import CallbackThread

WAIT_S = 10.0
PIN = 17


@dataclass
class Handset:
    """A sensor and the means to move the handset behind it."""

    sensor: HookSensor
    lift: Callable[[], None]
    replace: Callable[[], None]
    begin: Callable[[], None]  # lets the sensor know a first level, where it has to be told
    unplug: Callable[[], None] = lambda: None


def hook_settings(**changes: object) -> Hook:
    values = {"driver": "gpio", "pin": PIN, "lifted_level": "low", "debounce_ms": 20}
    values |= {"replaced_after_ms": 800, "poll_ms": 100}
    return Hook(**values | changes)


def gpio_handset(rig, lifted_level: str) -> Handset:
    lifted = 1 if lifted_level == "high" else 0
    rig.drive(PIN, 1 - lifted)
    sensor = GpioHook(hook_settings(lifted_level=lifted_level), rig.open)
    return Handset(sensor, lambda: rig.drive(PIN, lifted), lambda: rig.drive(PIN, 1 - lifted), lambda: None)


@pytest.fixture
def line_handset(tmp_path: Path) -> Iterator[Handset]:
    far, near = os.openpty()
    tty.setraw(near)
    file = tmp_path / "desk.toml"
    file.write_text(
        f'[line_interface]\ndriver = "lineboard"\nport = "{os.ttyname(near)}"\n[hook]\ndriver = "line"\n'
    )
    settings = load_desk(file)
    line = open_line(settings)
    sensor = open_hook(settings, line)
    found: queue.Queue = queue.Queue()

    def begin() -> None:
        line.start(found.put)
        found.get(timeout=WAIT_S)
        send(b"H 0")

    def send(body: bytes) -> None:
        os.write(far, lineboard_line(body))
        found.get(timeout=WAIT_S)

    def unplug() -> None:
        os.close(near)
        os.close(far)

    yield Handset(sensor, lambda: send(b"H 1"), lambda: send(b"H 0"), begin, unplug)
    line.close()
    sensor.close()
    for file_descriptor in (far, near):
        with contextlib.suppress(OSError):
            os.close(file_descriptor)


@pytest.fixture(params=["mock low", "mock high", "pigpio low", "pigpio high", "line"])
def handset(request: pytest.FixtureRequest) -> Iterator[Handset]:
    rig, _, lifted_level = request.param.partition(" ")
    if rig == "line":
        yield request.getfixturevalue("line_handset")
        return
    made = gpio_handset(request.getfixturevalue(f"{rig}_rig"), lifted_level)
    yield made
    made.sensor.close()


def start(handset: Handset) -> "queue.Queue":
    heard: queue.Queue = queue.Queue()
    handset.sensor.start(heard.put)
    handset.begin()
    wait_for(lambda: handset.sensor.is_lifted() is not None)
    return heard


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_lift_and_replace_each_once_stamped_when_it_happened(handset):
    heard = start(handset)
    assert handset.sensor.is_lifted() is False
    before = time.monotonic_ns()
    handset.lift()
    lifted = heard.get(timeout=WAIT_S)
    after = time.monotonic_ns()
    assert isinstance(lifted, HookLifted)
    assert before <= lifted.at_ns <= after
    assert handset.sensor.is_lifted() is True
    handset.replace()
    replaced = heard.get(timeout=WAIT_S)
    assert isinstance(replaced, HookReplaced)
    assert replaced.at_ns > lifted.at_ns
    assert handset.sensor.is_lifted() is False
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.3)


def test_nothing_is_known_before_the_start(handset):
    assert handset.sensor.is_lifted() is None


def test_no_event_after_close_and_twice_is_allowed(handset):
    heard = start(handset)
    handset.sensor.close()
    handset.sensor.close()
    handset.lift()
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.3)


@pytest.mark.parametrize("lifted_level", ["low", "high"])
def test_a_handset_found_up_is_an_event(pigpio_rig, lifted_level):
    handset = gpio_handset(pigpio_rig, lifted_level)
    handset.lift()
    heard: queue.Queue = queue.Queue()
    handset.sensor.start(heard.put)
    assert handset.sensor.is_lifted() is True
    assert isinstance(heard.get_nowait(), HookLifted)
    handset.sensor.close()


def test_the_stamp_is_of_the_edge_not_of_the_end_of_debouncing(rig):
    rig.drive(PIN, 1)
    sensor = GpioHook(hook_settings(debounce_ms=300), rig.open)
    heard: queue.Queue = queue.Queue()
    sensor.start(heard.put)
    wait_for(lambda: sensor.is_lifted() is False)
    rig.drive(PIN, 0)
    after = time.monotonic_ns()
    assert heard.get(timeout=WAIT_S).at_ns - after < 200_000_000
    sensor.close()


def test_bounces_are_one_event(rig):
    rig.drive(PIN, 1)
    sensor = GpioHook(hook_settings(debounce_ms=200), rig.open)
    heard: queue.Queue = queue.Queue()
    sensor.start(heard.put)
    wait_for(lambda: sensor.is_lifted() is False)
    for level in (0, 1) * 10 + (0,):
        rig.drive(PIN, level)
    assert isinstance(heard.get(timeout=WAIT_S), HookLifted)
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.5)
    sensor.close()


def test_a_lost_edge_is_found_by_reading_the_level(pigpio_rig):
    """The pin changes without any edge being reported."""
    sensor = GpioHook(hook_settings(), pigpio_rig.open)
    heard: queue.Queue = queue.Queue()
    sensor.start(heard.put)
    wait_for(lambda: sensor.is_lifted() is False)
    pigpio_rig.bank.pins[PIN].outside = 0
    assert isinstance(heard.get(timeout=WAIT_S), HookLifted)
    sensor.close()


def test_a_contact_that_chatters_on_leaves_the_hook_unknown_until_it_rests(pigpio_rig):
    """Nothing tells whether the handset is down: that must not look like on-hook."""
    sensor = GpioHook(hook_settings(debounce_ms=50), pigpio_rig.open)
    heard: queue.Queue = queue.Queue()
    sensor.start(heard.put)
    wait_for(lambda: sensor.is_lifted() is False)
    level = 0

    def is_unknown() -> bool:
        nonlocal level
        pigpio_rig.drive(PIN, level)
        level = 1 - level
        return sensor.is_lifted() is None

    wait_for(is_unknown)
    assert heard.empty()
    pigpio_rig.drive(PIN, 0)
    assert isinstance(heard.get(timeout=WAIT_S), HookLifted)
    wait_for(lambda: sensor.is_lifted() is True)
    sensor.close()


def test_pins_that_go_away_leave_the_hook_unknown_until_they_are_back(pigpio_rig):
    sensor = GpioHook(hook_settings(), pigpio_rig.open)
    heard: queue.Queue = queue.Queue()
    sensor.start(heard.put)
    wait_for(lambda: sensor.is_lifted() is False)
    pigpio_rig.vanish()
    wait_for(lambda: sensor.is_lifted() is None)
    pigpio_rig.bank.pins[PIN].outside = 0  # lifted meanwhile
    pigpio_rig.appear()
    assert isinstance(heard.get(timeout=WAIT_S), HookLifted)
    assert sensor.is_lifted() is True
    sensor.close()


def test_no_thread_of_a_dead_connection_goes_on(pigpio_rig):
    """pigpio's own would spin at 100 % CPU."""
    sensor = GpioHook(hook_settings(), pigpio_rig.open)
    sensor.start(lambda event: None)
    listeners = [thread for thread in threading.enumerate() if isinstance(thread, CallbackThread)]
    assert listeners
    pigpio_rig.vanish()
    for thread in listeners:
        thread.join(WAIT_S)
        assert not thread.is_alive()
    sensor.close()
    pigpio_rig.appear()


def test_a_daemon_that_hangs_leaves_the_hook_unknown(pigpio_rig):
    sensor = GpioHook(hook_settings(), pigpio_rig.open)
    sensor.start(lambda event: None)
    assert sensor.is_lifted() is False
    go_on = pigpio_rig.hang()
    wait_for(lambda: sensor.is_lifted() is None)
    go_on.set()
    wait_for(lambda: sensor.is_lifted() is False)
    sensor.close()


def test_the_level_is_known_when_start_returns(rig):
    rig.drive(PIN, 1)
    sensor = GpioHook(hook_settings(), rig.open)
    sensor.start(lambda event: None)
    assert sensor.is_lifted() is False
    sensor.close()


def test_pins_that_are_missing_from_the_start_are_waited_for(pigpio_rig):
    pigpio_rig.vanish()
    sensor = GpioHook(hook_settings(), pigpio_rig.open)
    heard: queue.Queue = queue.Queue()
    sensor.start(heard.put)
    assert sensor.is_lifted() is None
    pigpio_rig.appear()
    wait_for(lambda: sensor.is_lifted() is False)
    sensor.close()


def test_the_interfaces_port_lost_leaves_the_hook_unknown(line_handset):
    heard = start(line_handset)
    line_handset.lift()
    assert isinstance(heard.get(timeout=WAIT_S), HookLifted)
    line_handset.unplug()
    wait_for(lambda: line_handset.sensor.is_lifted() is None)


def test_disabled_knows_nothing(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text('[hook]\ndriver = "disabled"\n')
    sensor = open_hook(load_desk(file))
    sensor.start(lambda event: pytest.fail(f"a disabled sensor told {event}"))
    assert sensor.is_lifted() is None
    sensor.close()
    sensor.close()


def test_hook_of_the_line_interface_needs_one(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text('[line_interface]\ndriver = "lineboard"\nport = "/dev/null"\n[hook]\ndriver = "line"\n')
    with pytest.raises(DriverError, match="line interface"):
        open_hook(load_desk(file))

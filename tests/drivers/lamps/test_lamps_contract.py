"""The contract of lamps, over every implementation."""

import pytest

from config.desk import Lamps
from config.load import load_desk
from drivers.errors import DriverError
from drivers.lamps.gpio import GpioLamps
from drivers.open import open_lamps

GREEN, RED, AMBER = 5, 6, 13


def lamps(rig, amber_active: str = "low") -> GpioLamps:
    settings = Lamps(driver="gpio", green_pin=GREEN, red_pin=RED, amber_pin=AMBER, amber_active=amber_active)
    return GpioLamps(settings, rig.open)


def outputs(rig) -> tuple[float | None, float | None, float | None]:
    return rig.output(GREEN), rig.output(RED), rig.output(AMBER)


def test_each_lamp_by_itself_amber_inverted(rig):
    ours = lamps(rig)
    ours.set(green=False, red=False, amber=False)
    assert outputs(rig) == (0, 0, 1)
    ours.set(green=True, red=False, amber=False)
    assert outputs(rig) == (1, 0, 1)
    ours.set(green=False, red=True, amber=True)
    assert outputs(rig) == (0, 1, 0)
    ours.close()


def test_amber_active_high(rig):
    ours = lamps(rig, amber_active="high")
    ours.set(green=0, red=0, amber=1)
    assert outputs(rig) == (0, 0, 1)
    ours.close()


def test_brightness_is_duty_and_full_or_dark_is_steady(rig):
    ours = lamps(rig)
    ours.set(green=0.25, red=0, amber=0.25)
    assert outputs(rig) == pytest.approx((0.25, 0, 0.75), abs=0.01)
    ours.set(green=0.5, red=0, amber=1)
    assert outputs(rig) == pytest.approx((0.5, 0, 0), abs=0.01)
    ours.set(green=1, red=0.1, amber=0)
    assert outputs(rig) == pytest.approx((1, 0.1, 1), abs=0.01)
    ours.close()


def test_closed_pins_are_driven_by_nobody(rig):
    ours = lamps(rig)
    ours.set(green=1, red=1, amber=0)
    ours.close()
    ours.close()
    assert outputs(rig) == (None, None, None)  # so green and red are off, and amber lights by its wiring
    with pytest.raises(DriverError):
        ours.set(green=1, red=1, amber=0)


def test_a_daemon_that_dies_is_an_error_and_used_again_when_it_is_back(pigpio_rig):
    ours = lamps(pigpio_rig)
    ours.set(green=1, red=0, amber=0)
    pigpio_rig.vanish()
    for _ in range(2):
        with pytest.raises(DriverError):
            ours.set(green=0, red=1, amber=0)
    pigpio_rig.appear()
    ours.set(green=0, red=1, amber=0)
    assert outputs(pigpio_rig) == (0, 1, 1)
    ours.close()


def test_disabled_takes_everything(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text('[lamps]\ndriver = "disabled"\n')
    ours = open_lamps(load_desk(file))
    ours.set(green=1, red=0.5, amber=0)
    ours.close()
    ours.close()

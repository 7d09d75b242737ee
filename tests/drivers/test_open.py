"""Settings to drivers: each choice gives its implementation."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.load import load_desk
from drivers.audio.pyaudio_input import PyAudioInput
from drivers.audio.wav_file import WavFile
from drivers.board.generic import GenericBoard
from drivers.board.raspberry_pi import RaspberryPiBoard
from drivers.clock.system import SystemClock
from drivers.errors import DeviceMissingError, NotInstalledError
from drivers.hook.disabled import DisabledHook
from drivers.hook.gpio import GpioHook
from drivers.lamps.disabled import DisabledLamps
from drivers.lamps.gpio import GpioLamps
from drivers.line.disabled import DisabledLine
from drivers.line.serial_port import SerialLine
from drivers.open import open_audio, open_board, open_clock, open_hook, open_lamps, open_line
from drivers.pins import open_pins


def settings(folder, text):
    file = folder / "desk.toml"
    file.write_text(text)
    return load_desk(file)


@pytest.mark.parametrize(
    ("opener", "text", "kind"),
    [
        (open_audio, "", PyAudioInput),
        (open_audio, '[audio]\ndriver = "wav_file"\nwav_path = "a.wav"', WavFile),
        (open_hook, "", GpioHook),
        (open_hook, '[hook]\ndriver = "disabled"', DisabledHook),
        (open_line, "", DisabledLine),
        (open_line, '[line_interface]\ndriver = "lineboard"\nport = "/dev/null"', SerialLine),
        (open_line, '[line_interface]\ndriver = "whozz_calling"\nport = "rfc2217://localhost:9"', SerialLine),
        (open_lamps, "", GpioLamps),
        (open_lamps, '[lamps]\ndriver = "disabled"', DisabledLamps),
        (open_board, "", RaspberryPiBoard),
        (open_board, '[board]\ndriver = "generic"', GenericBoard),
        (open_clock, "", SystemClock),
    ],
)
def test_each_choice(tmp_path, opener, text, kind):
    driver = opener(settings(tmp_path, text))
    assert type(driver) is kind
    if hasattr(driver, "close"):
        driver.close()


def test_pins_that_are_not_there_are_told_with_what_to_do(tmp_path):
    gpio = settings(tmp_path, '[gpio]\nfactory = "pigpio"\npigpio_port = 1').gpio
    with pytest.raises(DeviceMissingError, match="start pigpiod"):
        open_pins(gpio)


@pytest.mark.skipif(bool(list(Path("/dev").glob("gpiochip*"))), reason="this machine has pins")
def test_a_machine_without_pins_is_told(tmp_path):
    with pytest.raises(DeviceMissingError, match="/dev/gpiochip"):
        open_pins(settings(tmp_path, "").gpio)


@pytest.mark.parametrize("factory", ["lgpio", "pigpio"])
def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch, factory):
    monkeypatch.setitem(sys.modules, factory, None)
    with pytest.raises(NotInstalledError, match=rf"install offhook\[desk\].*{factory}"):
        open_pins(settings(tmp_path, f'[gpio]\nfactory = "{factory}"').gpio)


def test_mock_pins_open(tmp_path):
    pins = open_pins(settings(tmp_path, '[gpio]\nfactory = "mock"').gpio)
    pins.output(5, 1.0)
    pins.close()


def test_a_driver_that_is_not_chosen_is_not_imported():
    code = (
        "import sys; from drivers.open import open_hook; import drivers.hook.disabled;"
        "sys.exit(any(name in sys.modules for name in ('gpiozero', 'serial', 'pyaudio', 'pigpio', 'lgpio')))"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0

"""`offhook devices` on this machine, whatever it has, and the choices for made-up ones."""

import json
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.load import load_desk
from drivers.audio.listing import InputDevice
from drivers.listing import GpioChip, list_gpio_chips, list_serial_ports
from firmware.cli import choices
from firmware.cli.main import main

CARD = InputDevice(0, "USB Audio: Mic (hw:1,0)", 1, 48_000, ((44_100, 1), (48_000, 1)), "usb:1-1.2#7")
BUSY = InputDevice(1, "Other (hw:2,0)", 2, 48_000, (), "")
CHIP = GpioChip("/dev/gpiochip0", "pinctrl-bcm2835", 54, "")


def settings(folder: Path, text: str):
    file = folder / "desk.toml"
    file.write_text(text)
    return load_desk(file)


def test_it_runs_here_in_words_and_json(tmp_path, monkeypatch):
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    (tmp_path / "asound.conf").write_text("pcm.default { type null }\nctl.default { type null }\n")
    result = CliRunner().invoke(main, ["devices"])
    assert result.exit_code in {0, 1}, result.output
    assert "The settings choose:" in result.output
    told = json.loads(CliRunner().invoke(main, ["devices", "--json"]).output)
    assert [row["kind"] for row in told["choices"]] == ["audio", "hook", "line", "lamps", "board", "clock"]
    for row in told["choices"]:
        assert bool(row["takes"]) != bool(row["problem"]), "each choice says what it takes or why nothing"


@pytest.mark.parametrize(
    ("text", "takes", "problem"),
    [
        ('device = "USB Audio"', CARD.name, ""),
        ('device = "Other"', "in use now", ""),
        ('device = "USB Audio"\nrate_hz = 8000', "", "takes only 44100 Hz mono, 48000 Hz mono"),
        ('device = "Fancy"', "", "no sound card called 'Fancy'"),
        ("", "", "audio.device is not set"),
        ('driver = "wav_file"\nwav_path = "a.wav"', "", "there is no such file"),
    ],
)
def test_sound_cards(tmp_path, text, takes, problem):
    choice = choices._audio(settings(tmp_path, "[audio]\n" + text), [CARD, BUSY], "")
    assert takes in choice.takes
    assert problem in choice.problem
    assert bool(choice.takes) != bool(choice.problem)


def test_why_the_cards_could_not_be_listed_is_the_reason(tmp_path):
    assert choices._audio(settings(tmp_path, ""), [], "PortAudio is broken").problem == "PortAudio is broken"


def test_pins_of_the_kernel(tmp_path):
    ours = settings(tmp_path, "")
    assert "pinctrl-bcm2835" in choices._hook(ours, [CHIP]).takes
    assert "no /dev/gpiochip" in choices._hook(ours, []).problem
    small = GpioChip("/dev/gpiochip0", "expander", 8, "")
    shut = GpioChip("/dev/gpiochip1", "", 0, "Permission denied")
    problem = choices._lamps(ours, [small, shut]).problem
    assert "has only 8 lines" in problem
    assert "Permission denied" in problem


def test_pins_of_a_daemon(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ours = settings(tmp_path, f'[gpio]\nfactory = "pigpio"\npigpio_port = {port}')
        assert f"pigpiod at 127.0.0.1 port {port}" in choices._hook(ours, []).takes
    assert "nobody answers" in choices._hook(ours, []).problem
    assert choices._hook(settings(tmp_path, '[gpio]\nfactory = "mock"'), []).takes


def test_serial_ports(tmp_path):
    def choice(port: str):
        return choices._line(settings(tmp_path, f'[line_interface]\ndriver = "lineboard"\nport = "{port}"'))

    assert "there is no" in choice(str(tmp_path / "ttyUSB9")).problem
    far, near = os.openpty()
    assert choice(os.ttyname(near)).takes == os.ttyname(near)
    os.close(near)
    os.close(far)
    assert "not asked" in choice("rfc2217://box:1").takes


def test_what_is_disabled_takes_nothing_and_is_no_problem(tmp_path):
    ours = settings(tmp_path, '[hook]\ndriver = "disabled"\n[lamps]\ndriver = "disabled"\n')
    for choice in (choices._hook(ours, []), choices._lamps(ours, []), choices._line(ours)):
        assert choice.takes.startswith("nothing")


def test_the_wrong_board_is_told(tmp_path):
    if "Raspberry Pi" not in choices._board(settings(tmp_path, '[board]\ndriver = "generic"')).takes:
        assert 'set board.driver = "generic"' in choices._board(settings(tmp_path, "")).problem


def test_listing_this_machine_raises_nothing(tmp_path):
    for chip in list_gpio_chips():
        assert chip.lines or chip.problem
    list_serial_ports()
    list_serial_ports(tmp_path / "none")


def test_a_chip_that_is_none(tmp_path):
    (tmp_path / "gpiochip7").write_text("")
    (chip,) = list_gpio_chips(tmp_path)
    assert chip.problem
    assert chip.lines == 0

"""What the settings would choose among the devices that are there, and why, or why nothing."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from config.desk import DeskSettings
from drivers.audio.listing import InputDevice, chosen, list_inputs
from drivers.errors import DriverError
from drivers.listing import GpioChip, SerialPort, list_gpio_chips, list_serial_ports
from drivers.open import open_board, open_clock

KNOCK_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind of driver: the setting in words, and either what it takes or what is wrong with that."""

    kind: str
    setting: str
    takes: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """`sound_problem`: why the sound cards could not be listed, or empty."""

    sound_cards: list[InputDevice]
    sound_problem: str
    gpio_chips: list[GpioChip]
    serial_ports: list[SerialPort]
    choices: list[Choice]


def survey(settings: DeskSettings) -> Survey:
    """Look, and choose as the drivers would. Opens nothing that a running recorder holds."""
    cards, sound_problem = _sound_cards()
    chips, ports = list_gpio_chips(), list_serial_ports()
    choices = [
        _audio(settings, cards, sound_problem),
        _hook(settings, chips),
        _line(settings),
        _lamps(settings, chips),
        _board(settings),
        _clock(settings),
    ]
    return Survey(cards, sound_problem, chips, ports, choices)


def _sound_cards() -> tuple[list[InputDevice], str]:
    try:
        return list_inputs(), ""
    except DriverError as error:
        return [], str(error)


def _audio(settings: DeskSettings, cards: Sequence[InputDevice], problem: str) -> Choice:
    audio = settings.audio
    if audio.driver == "wav_file":
        there = os.path.isfile(audio.wav_path)
        return _told(
            "audio", f"wav_file {audio.wav_path}", audio.wav_path, "" if there else "there is no such file"
        )
    setting = f'pyaudio "{audio.device}", {audio.rate_hz} Hz {_sides(audio.channels)}'
    if problem:
        return Choice("audio", setting, problem=problem)
    try:
        card = chosen(audio.device, cards)
    except DriverError as error:
        return Choice("audio", setting, problem=str(error))
    if card.formats and (audio.rate_hz, audio.channels) not in card.formats:
        takes = formats_in_words(card)
        return Choice(
            "audio", setting, problem=f"{card.name} takes only {takes}: set audio.rate_hz and channels"
        )
    return Choice("audio", setting, takes=card.name + ("" if card.formats else " (in use now)"))


def formats_in_words(card: InputDevice) -> str:
    """Such as "48000 Hz mono, 48000 Hz stereo"; empty while the card is in use."""
    return ", ".join(f"{rate} Hz {_sides(channels)}" for rate, channels in card.formats)


def _sides(channels: int) -> str:
    return "mono" if channels == 1 else "stereo"


def _hook(settings: DeskSettings, chips: Sequence[GpioChip]) -> Choice:
    hook = settings.hook
    if hook.driver == "gpio":
        return _pins(settings, chips, "hook", f"gpio pin {hook.pin}, lifted {hook.lifted_level}", (hook.pin,))
    takes = "nothing: no hook sensor" if hook.driver == "disabled" else "the serial line interface's word"
    return Choice("hook", hook.driver, takes=takes)


def _lamps(settings: DeskSettings, chips: Sequence[GpioChip]) -> Choice:
    lamps = settings.lamps
    if lamps.driver == "disabled":
        return Choice("lamps", "disabled", takes="nothing: no lamps")
    pins = (lamps.green_pin, lamps.red_pin, lamps.amber_pin)
    return _pins(settings, chips, "lamps", "gpio pins {}, {}, {}".format(*pins), pins)


def _pins(
    settings: DeskSettings, chips: Sequence[GpioChip], kind: str, setting: str, pins: Sequence[int]
) -> Choice:
    gpio = settings.gpio
    setting = f"{setting} through {gpio.factory}"
    if gpio.factory == "mock":
        return Choice(kind, setting, takes="pins in memory, for tests")
    if gpio.factory == "pigpio":
        address = f"{gpio.pigpio_host} port {gpio.pigpio_port}"
        answers = _answers(gpio.pigpio_host, gpio.pigpio_port)
        return _told(
            kind, setting, f"pigpiod at {address}", "" if answers else f"nobody answers at {address}"
        )
    usable = [chip for chip in chips if not chip.problem and chip.lines > max(pins)]
    if usable:
        return Choice(kind, setting, takes=f"{usable[0].path} ({usable[0].label})")
    why = "; ".join(f"{chip.path}: {chip.problem or f'has only {chip.lines} lines'}" for chip in chips)
    return Choice(kind, setting, problem=why or "there is no /dev/gpiochip*: this machine has no pins")


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), KNOCK_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _line(settings: DeskSettings) -> Choice:
    line = settings.line_interface
    if line.driver == "disabled":
        return Choice("line", "disabled", takes="nothing: no line interface")
    setting = f"{line.driver} at {line.port}"
    if "://" in line.port:
        return Choice("line", setting, takes=f"{line.port} (over the network, not asked)")
    if not os.path.exists(line.port):
        return Choice(
            "line", setting, problem=f"there is no {line.port}: look at the cable and at the list above"
        )
    if not os.access(line.port, os.R_OK | os.W_OK):
        return Choice(
            "line", setting, problem=f"{line.port} is not ours to open: add the user to group dialout"
        )
    return Choice("line", setting, takes=os.path.realpath(line.port))


def _board(settings: DeskSettings) -> Choice:
    board = open_board(settings)
    wrong = settings.board.driver == "raspberry_pi" and "Raspberry Pi" not in board.model
    problem = 'this is no Raspberry Pi: set board.driver = "generic"' if wrong else ""
    return _told("board", settings.board.driver, board.model, problem)


def _clock(settings: DeskSettings) -> Choice:
    quality = open_clock(settings).quality()
    offset = "" if quality.offset_us is None else f", off by {quality.offset_us} µs"
    takes = f"kept by {quality.source}{offset}" if quality.synced else "kept by nobody: install chrony"
    return Choice("clock", settings.clock.driver, takes=takes)


def _told(kind: str, setting: str, takes: str, problem: str) -> Choice:
    return Choice(kind, setting, problem=problem) if problem else Choice(kind, setting, takes=takes)

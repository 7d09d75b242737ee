"""Settings to drivers: the only place that names implementations, each imported only when it is chosen."""

import functools
from pathlib import Path

from config.desk import DeskSettings
from drivers.audio import AudioSource
from drivers.board import Board
from drivers.clock import Clock
from drivers.errors import DriverError
from drivers.hook import HookSensor
from drivers.lamps import Lamps
from drivers.line import LineInterface


def open_audio(settings: DeskSettings) -> AudioSource:
    """The line's audio; nothing is opened before `start`."""
    audio = settings.audio
    keep_stereo = audio.stereo_sides == "agent_left"
    if audio.driver == "wav_file":
        from drivers.audio.wav_file import WavFile

        return WavFile(
            path=Path(audio.wav_path),
            rate_hz=audio.rate_hz,
            channels=audio.channels,
            keep_stereo=keep_stereo,
            block_ms=audio.block_ms,
        )
    from drivers.audio.pyaudio_input import PyAudioInput

    return PyAudioInput(
        device=audio.device,
        rate_hz=audio.rate_hz,
        channels=audio.channels,
        keep_stereo=keep_stereo,
        block_ms=audio.block_ms,
        missing_s=settings.health.audio_missing_s,
    )


def open_line(settings: DeskSettings) -> LineInterface:
    """The serial line interface; nothing is opened before `start`."""
    chosen = settings.line_interface
    if chosen.driver == "disabled":
        from drivers.line.disabled import DisabledLine

        return DisabledLine()
    from drivers.line.serial_port import SerialLine

    if chosen.driver == "whozz_calling":
        from drivers.line import whozz_calling

        return SerialLine(
            name=chosen.driver,
            port=chosen.port,
            baud_rate=whozz_calling.BAUD_RATE,
            parse=whozz_calling.parse,
            setup=whozz_calling.SETUP,
            setup_gap_s=whozz_calling.SETUP_GAP_S,
        )
    from drivers.line import lineboard

    return SerialLine(
        name=chosen.driver, port=chosen.port, baud_rate=lineboard.BAUD_RATE, parse=lineboard.parse
    )


def open_hook(settings: DeskSettings, line: LineInterface | None = None) -> HookSensor:
    """The hook sensor. `line`: the opened, not yet started line interface that hook.driver = "line" listens
    to.
    """
    if settings.hook.driver == "disabled":
        from drivers.hook.disabled import DisabledHook

        return DisabledHook()
    if settings.hook.driver == "line":
        from drivers.hook.line import LineHook

        if line is None:
            raise DriverError('hook.driver = "line" needs the line interface to listen to')
        return LineHook(line)
    from drivers.hook.gpio import GpioHook
    from drivers.pins import open_pins

    return GpioHook(settings.hook, functools.partial(open_pins, settings.gpio))


def open_lamps(settings: DeskSettings) -> Lamps:
    if settings.lamps.driver == "disabled":
        from drivers.lamps.disabled import DisabledLamps

        return DisabledLamps()
    from drivers.lamps.gpio import GpioLamps
    from drivers.pins import open_pins

    return GpioLamps(settings.lamps, functools.partial(open_pins, settings.gpio))


def open_board(settings: DeskSettings) -> Board:
    if settings.board.driver == "raspberry_pi":
        from drivers.board.raspberry_pi import RaspberryPiBoard

        return RaspberryPiBoard(watchdog=settings.board.watchdog)
    from drivers.board.generic import GenericBoard

    return GenericBoard(watchdog=settings.board.watchdog)


def open_clock(settings: DeskSettings) -> Clock:
    del settings  # "system" is the only one
    from drivers.clock.system import SystemClock

    return SystemClock()

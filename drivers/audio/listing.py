"""What sound cards are there, and which one the settings would take.

Asked of an ear, so that PortAudio stays out.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.audio.child import Ear, Message
from drivers.audio.ear import choose
from drivers.audio.usb import resolve, usb_cards
from drivers.errors import DeviceMissingError, DriverError

LIST_TIMEOUT_S = 10.0  # PortAudio asks every card for its formats; a sleeping USB card takes a second


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A capture device as PortAudio names it. `formats`: (rate_hz, channels) it takes now; none: in use or
    unfit.
    """

    index: int
    name: str
    channels: int
    default_rate_hz: int
    formats: tuple[tuple[int, int], ...]
    usb: str


def list_inputs() -> list[InputDevice]:
    """Every capture device. DriverError when PortAudio cannot tell."""
    ear = Ear("--list", "yes")
    try:
        message = _answer(ear)
    finally:
        end = ear.end()
    if message is None or message.kind != "L":
        raise DriverError(f"the sound cards cannot be listed: {message.payload.decode() if message else end}")
    usb = {f"(hw:{card.card},": f"usb:{card.port}#{card.serial}".rstrip("#") for card in usb_cards()}
    return [
        InputDevice(
            index=row["index"],
            name=row["name"],
            channels=row["channels"],
            default_rate_hz=row["default_rate_hz"],
            formats=tuple((rate, channels) for rate, channels in row["formats"]),
            usb=next((port for mark, port in usb.items() if mark in row["name"]), ""),
        )
        for row in json.loads(message.payload)
    ]


def chosen(device: str, inputs: Sequence[InputDevice]) -> InputDevice:
    """The one that the setting `audio.device` would take. DeviceMissingError tells why none."""
    try:
        return inputs[choose([one.name for one in inputs], resolve(device))]
    except LookupError as error:
        raise DeviceMissingError(str(error)) from error


def _answer(ear: Ear) -> Message | None:
    deadline = time.monotonic() + LIST_TIMEOUT_S
    while (left := deadline - time.monotonic()) > 0:
        messages = ear.read(left)
        if messages is None:
            return None
        if messages:
            return messages[0]
    return None

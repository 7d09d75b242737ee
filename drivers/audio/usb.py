"""USB sound cards in /sys: `usb:1-1.2`, `usb:1-1.2#SERIAL` or `usb:#SERIAL` → the card that PortAudio calls
"(hw:N,".

Card indexes change with the order of plugging; the port path and the serial number stay.
"""

from dataclasses import dataclass
from pathlib import Path

from drivers.errors import DeviceMissingError

SYS = Path("/sys")
PREFIX = "usb:"


@dataclass(frozen=True, slots=True)
class UsbCard:
    """One ALSA card on USB. `port`: path of hub ports as the kernel names it; `serial` may be empty."""

    card: int
    port: str
    serial: str
    product: str


def usb_cards(sys: Path = SYS) -> list[UsbCard]:
    """Every ALSA card that hangs on USB, by card number."""
    found = []
    for link in sys.glob("class/sound/card*/device"):
        interface = link.resolve()
        device = interface.parent
        number = link.parent.name.removeprefix("card")
        # A USB audio card's device is an interface, "1-1.2:1.0", below its USB device, "1-1.2".
        if number.isdigit() and interface.name.startswith(device.name + ":"):
            found.append(
                UsbCard(int(number), device.name, _text(device / "serial"), _text(device / "product"))
            )
    return sorted(found, key=lambda card: card.card)


def resolve(device: str, sys: Path = SYS) -> str:
    """The name that the ear is to match. DeviceMissingError tells what is there."""
    if not device.startswith(PREFIX):
        return device
    port, _, serial = device.removeprefix(PREFIX).partition("#")
    cards = usb_cards(sys)
    fitting = [card for card in cards if port in ("", card.port) and serial in ("", card.serial)]
    if len(fitting) == 1 and (port or serial):
        return f"(hw:{fitting[0].card},"
    there = "; ".join(f"usb:{c.port}#{c.serial} {c.product}" for c in cards) or "none"
    many = f"fits {len(fitting)} USB sound cards" if len(fitting) > 1 else "is not there"
    raise DeviceMissingError(f"{device!r} {many}; USB sound cards: {there}")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""  # the kernel has no such file for a device that tells none

"""What devices are there besides sound cards (drivers/audio/listing.py): GPIO chips and serial ports.

GPIO chips are asked through the kernel's character device (include/uapi/linux/gpio.h); nothing is claimed,
so a running recorder is not disturbed.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GPIO_GET_CHIPINFO = 0x8044B401  # _IOR(0xB4, 1, struct gpiochip_info): name[32], label[32], u32 lines
CHIPINFO = struct.Struct("=32s32sI")


@dataclass(frozen=True, slots=True)
class GpioChip:
    """`problem` is empty, or says why the chip cannot be used."""

    path: str
    label: str
    lines: int
    problem: str


@dataclass(frozen=True, slots=True)
class SerialPort:
    """`stable_path` stays the same when ports are plugged in another order; empty where there is none."""

    path: str
    stable_path: str
    product: str


def list_gpio_chips(dev: Path = Path("/dev")) -> list[GpioChip]:
    return [_chip(path) for path in sorted(dev.glob("gpiochip*"))]


def list_serial_ports(by_id: Path = Path("/dev/serial/by-id")) -> list[SerialPort]:
    from serial.tools.list_ports import comports

    stable = {os.path.realpath(link): str(link) for link in _links(by_id)}
    return [
        SerialPort(port.device, stable.get(os.path.realpath(port.device), ""), _product(port.description))
        for port in sorted(comports(), key=lambda port: port.device)
    ]


def _chip(path: Path) -> GpioChip:
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            answer = fcntl.ioctl(file, GPIO_GET_CHIPINFO, bytes(CHIPINFO.size))
        finally:
            os.close(file)
    except OSError as error:
        return GpioChip(str(path), "", 0, error.strerror or str(error))
    _, label, lines = CHIPINFO.unpack(answer)
    return GpioChip(str(path), label.split(b"\0")[0].decode("utf-8", "replace"), lines, "")


def _links(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(folder.iterdir())


def _product(description: str | None) -> str:
    return "" if description in (None, "n/a") else str(description)

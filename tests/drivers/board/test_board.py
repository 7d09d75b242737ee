"""Boards on a made-up root: what /sys and /proc tell, what they do not, and the watchdog."""

import os
import stat
from pathlib import Path

import pytest

from drivers.board import BoardReading
from drivers.board.generic import GenericBoard
from drivers.board.raspberry_pi import THROTTLED_FILE, RaspberryPiBoard
from drivers.errors import DriverError


@pytest.fixture(params=[GenericBoard, RaspberryPiBoard])
def kind(request: pytest.FixtureRequest) -> type:
    return request.param


def write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def raspberry(root: Path, **options: str) -> RaspberryPiBoard:
    write(root, "proc/device-tree/model", "Raspberry Pi Zero 2 W Rev 1.0\0")
    write(root, "proc/device-tree/serial-number", "00000000abcdef01\0")
    write(root, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    write(root, "proc/uptime", "123.45 400.00\n")
    return RaspberryPiBoard(watchdog="", root=root, **{"vcgencmd": "/nonexistent", **options})


def test_an_empty_machine_is_no_error(kind, tmp_path):
    board = kind(watchdog="", root=tmp_path)
    assert board.read() == BoardReading("", None, None, None, 0.0)
    assert board.model == "unknown machine"
    assert board.pet_watchdog() is False
    board.close()
    board.close()


def test_this_machine_can_be_read(kind):
    reading = kind(watchdog="").read()
    assert reading.uptime_s > 0
    assert reading.temperature_c is None or -40 < reading.temperature_c < 150


def test_raspberry_pi(tmp_path):
    board = raspberry(tmp_path)
    write(tmp_path, THROTTLED_FILE, "50005\n")
    assert board.model == "Raspberry Pi Zero 2 W Rev 1.0"
    assert board.read() == BoardReading(
        "00000000abcdef01", 48.312, undervoltage=True, throttled=True, uptime_s=123.45
    )


@pytest.mark.parametrize(
    ("bits", "undervoltage", "throttled"),
    [("0", False, False), ("1", True, False), ("8", False, True), ("f0000", False, False)],
)
def test_what_was_since_boot_is_not_now(tmp_path, bits, undervoltage, throttled):
    board = raspberry(tmp_path)
    write(tmp_path, THROTTLED_FILE, bits)
    reading = board.read()
    assert (reading.undervoltage, reading.throttled) == (undervoltage, throttled)


@pytest.mark.parametrize(
    ("answer", "undervoltage"),
    [("throttled=0x50005", True), ("throttled=0x0", False), ("error=1", None), ("", None)],
)
def test_the_firmware_is_asked_where_sysfs_does_not_tell(tmp_path, answer, undervoltage):
    command = tmp_path / "vcgencmd"
    command.write_text(f'#!/bin/sh\n[ "$1" = get_throttled ] && echo "{answer}"\n')
    command.chmod(stat.S_IRWXU)
    assert raspberry(tmp_path, vcgencmd=str(command)).read().undervoltage is undervoltage


def test_a_command_that_fails_cannot_tell(tmp_path):
    assert raspberry(tmp_path, vcgencmd="false").read().undervoltage is None


def test_the_hottest_zone_that_makes_sense(tmp_path):
    for index, text in enumerate(["41000", "55500", "999999", "-274000", "hot"]):
        write(tmp_path, f"sys/class/thermal/thermal_zone{index}/temp", text)
    assert GenericBoard(watchdog="", root=tmp_path).read().temperature_c == 55.5


def test_generic_takes_the_first_name_and_number_there_is(tmp_path):
    write(tmp_path, "etc/machine-id", "0123\n")
    write(tmp_path, "sys/class/dmi/id/product_name", "ThinClient\n")
    board = GenericBoard(watchdog="", root=tmp_path)
    assert (board.model, board.read().serial_number) == ("ThinClient", "0123")


@pytest.fixture
def watchdog(tmp_path):
    """A pipe in place of /dev/watchdog: keeps every byte in order."""
    path = str(tmp_path / "watchdog")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, lambda: os.read(reader, 100)
    os.close(reader)


def test_the_watchdog_is_fed_and_disarmed_by_the_magic_close(kind, watchdog, tmp_path):
    path, fed = watchdog
    board = kind(watchdog=path, root=tmp_path)
    assert board.pet_watchdog() is True
    assert board.pet_watchdog() is True
    assert fed() == b"\0\0"
    board.close()
    board.close()
    assert fed() == b"V"


def test_a_watchdog_never_fed_is_never_armed(kind, watchdog, tmp_path):
    path, fed = watchdog
    kind(watchdog=path, root=tmp_path).close()
    assert fed() == b""  # the end of the pipe: nobody opened it


def test_no_watchdog_is_no_error_and_a_refused_one_is(kind, tmp_path):
    assert kind(watchdog=str(tmp_path / "none"), root=tmp_path).pet_watchdog() is False
    with pytest.raises(DriverError, match="systemd"):
        kind(watchdog=str(tmp_path), root=tmp_path).pet_watchdog()

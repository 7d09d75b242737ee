"""The serial line interface under the real pyserial."""

import re
import time
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import xor

import pytest
import serial

from drivers.virtual.client import VirtualDesk
from drivers.virtual.tty.whozz_calling import CallFields, call_record, detail_record

LINE = re.compile(rb"([VRHP] [ -~]+)\*([0-9A-F]{2})\r\n")


class Board:
    """Reads lineboard records, each with its checksum checked."""

    def __init__(self, desk: VirtualDesk) -> None:
        self.port = serial.Serial(desk.settings()["line_interface"]["port"], 115200, timeout=10)

    def record(self, kind: str) -> str:
        """The next record of this kind."""
        while True:
            line = self.port.readline()
            match = LINE.fullmatch(line)
            assert match, line
            assert reduce(xor, match[1]) == int(match[2], 16)
            if match[1].decode().startswith(kind + " "):
                return match[1].decode()[2:]


@pytest.fixture
def board(desk: Callable) -> tuple[VirtualDesk, Board]:
    made = desk(interface="lineboard")
    board = Board(made)
    yield made, board
    board.port.close()


def test_the_board_greets_and_tells_the_voltage(board: tuple) -> None:
    desk, port = board
    assert port.record("P") == "offhook-lineboard 1.0"
    assert port.record("H") == "0"
    assert [port.record("V") for _ in range(3)] == ["48000"] * 3
    desk.lift()
    assert port.record("H") == "1"
    assert port.record("V") == "8500"


def test_ring_bursts_have_their_length_and_a_burst_cut_by_the_answer_its_own(desk: Callable) -> None:
    made = desk(interface="lineboard", line="uk")
    board = Board(made)
    board.record("P")
    rung = made.ring()
    assert board.record("R") == "400"
    made.at(rung.sample + 8 * 900).lift()
    assert board.record("R") == "300"
    board.port.close()


def test_a_cut_line_has_no_voltage_and_a_reversed_one_the_other_sign(board: tuple) -> None:
    desk, port = board
    port.record("P")
    desk.reverse_polarity()
    while port.record("V") != "-48000":
        pass
    desk.cut()
    while port.record("V") != "0":
        pass
    desk.restore()
    while port.record("V") != "-48000":
        pass


def test_unplugging_ends_the_port_and_the_same_link_leads_to_it_again(board: tuple) -> None:
    desk, port = board
    port.record("P")
    desk.unplug_serial()
    with pytest.raises((serial.SerialException, OSError)):
        port.record("never")
    plugged = desk.plug_serial()
    desk.wait_until(plugged.sample + 80)
    again = Board(desk)
    assert again.record("P") == "offhook-lineboard 1.0"
    again.port.close()


def test_garbage_comes_through_as_it_is(board: tuple) -> None:
    desk, port = board
    port.record("P")
    desk.garble_serial("\xff\x00V 12*00\r\n")
    lines = [port.port.readline() for _ in range(12)]
    assert b"\xff\x00V 12*00\r\n" in lines


def test_whozz_calling_tells_a_call_from_its_number_to_its_length(desk: Callable) -> None:
    made = desk(interface="whozz_calling")
    with serial.Serial(made.settings()["line_interface"]["port"], 9600, timeout=10) as port:
        made.wait(0.2)
        rung = made.ring(number="13800138000", name="ZHANG WEI")
        assert port.readline()[:4] == b"01 R"
        started = port.readline()
        assert re.fullmatch(
            rb"01 I S 0000 G A1 \d\d/\d\d \d\d:\d\d [AP]M 13800138000    ZHANG WEI      \r\n", started
        )
        lifted = made.at(rung.sample + 8 * 3000).lift()
        assert port.readline()[:4] == b"01 F"
        made.at(lifted.sample + 8 * 1200).flash(200)
        assert port.readline()[:4] == b"01 H"
        made.replace()
        assert port.readline()[:4] == b"01 N"
        assert port.readline()[:12] == b"01 I E 0001 "


def test_whozz_calling_tells_the_number_dialled(desk: Callable) -> None:
    made = desk(interface="whozz_calling")
    with serial.Serial(made.settings()["line_interface"]["port"], 9600, timeout=10) as port:
        made.wait(0.2)
        made.lift()
        made.dial("95588", on_ms=50, off_ms=50)
        assert port.readline()[:4] == b"01 F"
        assert port.readline()[32:47] == b"95588          "


def test_records_have_the_columns_of_the_makers_examples() -> None:
    when = datetime(2026, 9, 26, 11, 28, 1)  # noqa: DTZ001 - the device's own clock
    fields = CallFields(True, True, 276, True, 3, "800-555-1212", "AT&T INFORMATION")
    assert call_record(fields, when) == b"01 I S 0276 G A3 09/26 11:28 AM 800-555-1212   AT&T INFORMATIO\r\n"
    when = datetime(2026, 11, 7, 7, 43, 52)  # noqa: DTZ001
    assert detail_record("R", when) == b"01 R     11/07 07:43:52\r\n"


def test_who_opens_late_hears_nothing_old(desk: Callable) -> None:
    made = desk(interface="lineboard")
    rung = made.ring(bursts=1)
    made.wait_until(rung.sample + 8 * 1200)
    board = Board(made)
    assert board.record("P")
    assert not [line for line in drain(board.port) if line.startswith(b"R")]
    board.port.close()


def drain(port: serial.Serial) -> list[bytes]:
    time.sleep(0)
    return [port.readline() for _ in range(5)]

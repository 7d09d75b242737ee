"""Which cards are there, which one a setting takes, by name and by USB port."""

import pytest

from drivers.audio.child import MessageReader
from drivers.audio.ear import choose, pack
from drivers.audio.listing import InputDevice, chosen, list_inputs
from drivers.audio.usb import resolve, usb_cards
from drivers.errors import DeviceMissingError


def test_lists_the_card_with_what_it_takes(make_card):
    make_card()
    card = chosen("desk-line", list_inputs())
    assert (card.name, card.channels, card.formats) == ("desk-line", 1, ((8000, 1),))


def test_exact_name_wins_over_part_and_case_matters():
    names = ["USB Audio", "USB Audio Pro", "Loop"]
    assert choose(names, "USB Audio") == 0
    assert choose(names, "Pro") == 1
    for wanted, words in {
        "USB": "fits 2 sound cards",
        "usb audio": "no sound card called",
        "": "audio.device is not set",
    }.items():
        with pytest.raises(LookupError, match=words):
            choose(names, wanted)
    with pytest.raises(LookupError, match="there are: none"):
        choose([], "x")


def test_messages_survive_any_cutting():
    stream = pack(b"D", 1, b"name") + pack(b"B", 2**63, b"\x01\x02" * 800, 1) + pack(b"X", 3, b"")
    for step in (1, 7, 14, 15, len(stream)):
        reader = MessageReader()
        got = [m for at in range(0, len(stream), step) for m in reader.feed(stream[at : at + step])]
        assert [(m.kind, m.flags, m.at_ns, len(m.payload)) for m in got] == [
            ("D", 0, 1, 4),
            ("B", 1, 2**63, 1600),
            ("X", 0, 3, 0),
        ]


@pytest.fixture
def sys_with_usb(tmp_path):
    """A /sys with one on-board card and two USB cards."""

    def add(card, path, serial=None):
        device = tmp_path / "devices" / path
        device.mkdir(parents=True)
        (tmp_path / f"class/sound/card{card}").mkdir(parents=True)
        (tmp_path / f"class/sound/card{card}/device").symlink_to(device)
        if serial:
            (device.parent / "serial").write_text(serial + "\n")
            (device.parent / "product").write_text("USB Audio Device\n")

    add(0, "platform/soc/bcm2835_audio")
    add(1, "usb1/1-1/1-1.2/1-1.2:1.0", "A100")
    add(3, "usb1/1-1/1-1.4/1-1.4:1.0", "A200")
    (tmp_path / "class/sound/timer").mkdir()
    return tmp_path


def test_usb_port_and_serial_find_the_card(sys_with_usb):
    assert [(card.card, card.port, card.serial) for card in usb_cards(sys_with_usb)] == [
        (1, "1-1.2", "A100"),
        (3, "1-1.4", "A200"),
    ]
    for device in ("usb:1-1.4", "usb:1-1.4#A200", "usb:#A200"):
        assert resolve(device, sys_with_usb) == "(hw:3,"
    assert resolve("any name", sys_with_usb) == "any name"


@pytest.mark.parametrize("device", ["usb:1-1.3", "usb:1-1.4#A100", "usb:#A300", "usb:", "usb:1-1"])
def test_another_usb_card_is_never_taken(sys_with_usb, device):
    with pytest.raises(DeviceMissingError, match=r"usb:1-1\.2#A100 USB Audio Device; usb:1-1\.4#A200"):
        resolve(device, sys_with_usb)


def test_chosen_tells_what_is_there():
    devices = [InputDevice(0, "desk-line", 1, 8000, ((8000, 1),), "")]
    assert chosen("desk", devices) is devices[0]
    with pytest.raises(DeviceMissingError, match="there are: 'desk-line'"):
        chosen("other", devices)

"""The card under the real PyAudio, PortAudio and libasound, in processes of their own."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from drivers.virtual.client import VirtualDesk

OVERFLOW = 2
BUSY_OR_GONE = "error"


class Card:
    """A recording child and the truth to compare it with."""

    def __init__(self, desk: VirtualDesk, process: subprocess.Popen, out: Path, channels: int) -> None:
        self.desk, self.process, self.out, self.channels = desk, process, out, channels
        self.first = self.answer()

    def answer(self) -> object:
        line = self.process.stdout.readline().strip()
        return json.loads(line) if line[:1] in "{[" else line

    def tell(self, command: str) -> object:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> tuple[np.ndarray, list[int]]:
        flags = self.tell("end")["flags"]
        return np.fromfile(self.out, "<i2").reshape(-1, self.channels), flags

    def truth(self) -> np.ndarray:
        return soundfile.read(self.desk.truth().wav_path, dtype="int16", always_2d=True)[0]

    def starts(self) -> list[int]:
        return [e["sample"] for e in self.desk.events() if e["event"] == "card_started"]


@pytest.fixture
def card(desk: Callable, child: Callable, tmp_path: Path) -> Callable[..., Card]:
    def make(
        *, block_ms: int = 100, running: VirtualDesk | None = None, rate_hz: int = 0, **options: object
    ) -> Card:
        made = running or desk(interface="disabled", **options)
        rate_hz = rate_hz or made.options.card_rate_hz
        channels = made.options.card_channels
        out = tmp_path / f"recorded-{id(made)}-{len(list(tmp_path.iterdir()))}"
        block = rate_hz * block_ms // 1000
        process = child(made, "record_card.py", made.options.card_name, rate_hz, channels, block, out)
        return Card(made, process, out, channels)

    return make


@pytest.mark.parametrize("channels", [1, 2])
def test_what_pyaudio_records_is_the_truth_to_the_bit(card: Callable, channels: int) -> None:
    recording = card(card_channels=channels)
    recording.desk.lift()
    recording.tell("blocks 12")
    got, flags = recording.end()
    (start,) = recording.starts()
    assert np.array_equal(got, recording.truth()[start : start + len(got)])
    assert len(got) >= 12 * 800
    assert not any(flags)
    assert np.abs(got).max() > 1000  # dial tone is in it


@pytest.mark.parametrize(("rate_hz", "channels"), [(16000, 1), (44100, 1), (48000, 2)])
def test_cards_of_other_rates_have_the_same_sound_at_the_same_time(
    card: Callable, rate_hz: int, channels: int
) -> None:
    recording = card(card_rate_hz=rate_hz, card_channels=channels)
    recording.desk.lift()
    recording.desk.dial("147*")
    recording.tell("blocks 20")
    got, flags = recording.end()
    event = next(e for e in recording.desk.events() if e["event"] == "card_started")
    truth = recording.truth().astype(float)
    up, down = rate_hz // 100, 80
    expected = signal.resample_poly(truth, up, down, axis=0, window=("kaiser", 8.0))
    expected = expected[event["card_frame"] : event["card_frame"] + len(got)][: len(got)]
    error = (got[: len(expected)] - expected)[400:-400]
    assert not any(flags)
    assert np.sqrt((error**2).mean()) < 0.01 * np.sqrt((expected**2).mean())


def test_a_card_refuses_a_rate_that_it_does_not_have(card: Callable) -> None:
    recording = card(card_rate_hz=48000, rate_hz=8000)
    assert "-9997" in recording.first["error"]


def test_a_card_is_taken_by_one_process_at_a_time(card: Callable) -> None:
    first = card()
    second = card(running=first.desk)
    assert BUSY_OR_GONE in second.first
    first.tell("blocks 2")
    assert not any(first.end()[1])


def test_unplugging_stops_the_blocks_without_a_word_and_a_new_stream_finds_the_card_again(
    card: Callable,
) -> None:
    recording = card()
    recording.tell("blocks 3")
    unplugged = recording.desk.unplug_card()
    recording.desk.wait_until(unplugged.sample + 4000)
    active, blocks = recording.tell("alive")
    recording.desk.wait(0.4)
    assert recording.tell("alive") == [True, blocks]  # as a kernel's card: nothing comes, nothing is said
    assert active
    assert BUSY_OR_GONE in card(running=recording.desk).first
    plugged = recording.desk.plug_card()
    recording.desk.wait_until(plugged.sample + 160)
    recording.tell("reopen")
    recording.tell("blocks 3")
    got, _ = recording.end()
    start = recording.starts()[-1]
    assert start >= plugged.sample
    assert np.array_equal(got, recording.truth()[start : start + len(got)])


def test_an_elastic_card_waits_for_a_late_reader(card: Callable) -> None:
    recording = card(card_mode="elastic")
    recording.tell("stall 0.8")
    recording.tell("blocks 14")
    got, flags = recording.end()
    (start,) = recording.starts()
    assert not any(flags)
    assert np.array_equal(got, recording.truth()[start : start + len(got)])


def test_a_strict_card_overruns_a_late_reader_and_says_so(card: Callable) -> None:
    recording = card(card_mode="strict")
    recording.tell("stall 0.8")
    recording.tell("blocks 6")
    _, flags = recording.end()
    assert OVERFLOW in flags
    assert recording.desk.status().card_overruns >= 1
    assert len(recording.starts()) >= 2


def test_a_hung_card_gives_nothing_and_comes_back_with_an_overflow(card: Callable) -> None:
    recording = card()
    recording.tell("blocks 2")
    hung = recording.desk.hang_card()
    recording.desk.wait_until(hung.sample + 2400)
    blocks = recording.tell("alive")
    recording.desk.wait(0.4)
    assert recording.tell("alive") == blocks
    recording.desk.heal_card()
    recording.tell("blocks 3")
    _, flags = recording.end()
    assert OVERFLOW in flags


def test_zeros_and_frozen_sound_are_in_the_truth_as_the_card_gave_them(card: Callable) -> None:
    recording = card()
    recording.desk.lift()
    zero = recording.desk.zero_card()
    recording.desk.wait_until(zero.sample + 4000)
    recording.desk.heal_card()
    frozen = recording.desk.freeze_card()
    recording.desk.wait_until(frozen.sample + 4000)
    got, _ = recording.end()
    truth = recording.truth()
    (start,) = recording.starts()
    assert np.array_equal(got, truth[start : start + len(got)])
    assert not truth[zero.sample + 320 : zero.sample + 3000].any()
    still = truth[frozen.sample + 640 : frozen.sample + 3840].reshape(-1, 160)
    assert (still == still[0]).all()


def test_in_fast_mode_the_reader_is_the_clock_and_loses_nothing(card: Callable) -> None:
    recording = card(card_mode="fast")
    recording.desk.lift()
    recording.tell("blocks 300")
    got, flags = recording.end()
    (start,) = recording.starts()
    assert not any(flags)
    assert len(got) >= 300 * 800
    assert np.array_equal(got, recording.truth()[start : start + len(got)])

"""`offhook levels`: what it measures, what it advises, and the command itself on a file."""

import json
import wave

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from drivers.audio import AudioBlock, AudioFound, AudioGap, AudioLost
from firmware.cli.level_meter import Meter
from firmware.cli.levels import levels, picture


def tone(amplitude, frequency=700, count=800, offset=0):
    at = np.arange(offset, offset + count)
    return np.rint(amplitude * np.sin(2 * np.pi * frequency * at / 8000))


def play(meter, blocks):
    meter.take(AudioFound(0, "desk-line"))
    for number, block in enumerate(blocks):
        samples = np.clip(block, -32768, 32767).astype("<i2").tobytes()
        meter.take(AudioBlock(number * 800, number, samples))


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([tone(9000)] * 15, "frozen_is_said_first"),
        ([np.zeros(800)] * 12, "Digital silence"),
        ([tone(60_000, offset=n) for n in range(5)], "clips. Lower the capture gain by 6 dB"),
        ([tone(26_000, offset=n) for n in range(5)], "close to clipping. Lower the capture gain by 4 dB"),
        ([tone(1000, offset=n) for n in range(5)], "raise the capture gain by 12 dB"),
        ([tone(20, offset=n) for n in range(5)], "only noise so far"),
        ([tone(9000, offset=n) for n in range(5)], "Good."),
        ([tone(9000, 50, offset=n) for n in range(5)], "Mains hum"),
    ],
)
def test_advice(blocks, words):
    meter = Meter(1)
    play(meter, blocks)
    words = words.replace("frozen_is_said_first", "The card repeats the same samples")
    assert words in meter.advice()[0]


def test_advice_about_card_and_losses():
    meter = Meter(1)
    assert meter.advice() == ["Waiting for the sound card."]
    play(meter, [tone(9000)])
    meter.take(AudioGap(800, 80, "overflow", 1))
    assert "80 samples were lost" in meter.advice()[0]
    meter.take(AudioLost(2, "unplugged"))
    assert meter.advice() == ["unplugged"]


def test_the_held_peak_stands_then_falls():
    meter = Meter(1)
    play(meter, [tone(16_000)] + [tone(160, offset=n) for n in range(15)])
    (side,) = meter.sides
    assert side.held_dbfs == pytest.approx(-6.3, abs=0.2)
    play(meter, [tone(160, offset=n) for n in range(10)])
    assert side.held_dbfs < -12
    assert side.highest_dbfs == pytest.approx(-6.3, abs=0.2)


def test_picture_shows_both_sides():
    meter = Meter(2)
    play(meter, [np.stack([tone(32_767), tone(100)], axis=1).ravel()] * 2)
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(picture(meter))
    text = console.export_text()
    assert "agent" in text
    assert "far end" in text
    assert "-50.3" in text


@pytest.fixture
def settings_file(tmp_path):
    """Settings whose sound card is a file of three seconds."""
    with wave.open(str(tmp_path / "line.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(tone(9000, count=24_000).astype("<i2").tobytes())
    path = tmp_path / "desk.toml"
    path.write_text('[audio]\ndriver = "wav_file"\nwav_path = "line.wav"\nrate_hz = 8000\nchannels = 1\n')
    return path


def test_json(settings_file):
    done = CliRunner().invoke(levels, ["--config", str(settings_file), "--json", "--seconds", "0.8"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["sides"] == [
        {"name": "line", "peak_dbfs": pytest.approx(-11.2, abs=0.1), "clipped_samples": 0}
    ]
    assert told["blocks"] >= 3
    assert told["advice"][0].startswith("Good.")


def test_live_and_missing(settings_file):
    done = CliRunner().invoke(levels, ["--config", str(settings_file), "--seconds", "0.5"])
    assert done.exit_code == 0, done.output
    assert "dBFS" in done.output
    (settings_file.parent / "line.wav").unlink()
    done = CliRunner().invoke(levels, ["--config", str(settings_file), "--json", "--seconds", "0.3"])
    assert done.exit_code == 1
    assert "is not there" in json.loads(done.output)["problem"]

"""The contract over both sources, and what is particular to files."""

import time
import wave
from itertools import pairwise

import numpy as np
import pytest

from drivers.audio import AudioBlock, AudioFound, AudioLost, AudioSource
from drivers.audio.pyaudio_input import PyAudioInput
from drivers.audio.wav_file import WavFile


def write_wav(path, samples, *, rate_hz=8000, channels=1, width=2):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(np.asarray(samples, "<i2").tobytes())


@pytest.fixture
def play(tmp_path, listener):
    """Play samples through WavFile."""
    sources = []

    def start(samples, *, rate_hz=8000, channels=1, paced=False, **options):
        write_wav(tmp_path / "line.wav", samples, rate_hz=rate_hz, channels=channels)
        path = tmp_path / "line.wav"
        sources.append(WavFile(path=path, rate_hz=rate_hz, channels=channels, paced=paced, **options))
        sources[-1].start(listener)
        return sources[-1]

    yield start
    for source in sources:
        source.close()


@pytest.fixture(params=["wav_file", "pyaudio"])
def source(request, tmp_path, make_card):
    """Each implementation, with sound for some seconds, not started."""
    if request.param == "pyaudio":
        make_card()
        made = PyAudioInput(device="desk-line", rate_hz=8000, channels=1)
    else:
        write_wav(tmp_path / "long.wav", np.arange(160_000) % 20_000)
        made = WavFile(path=tmp_path / "long.wav", rate_hz=8000, channels=1)
    yield made
    made.close()


def test_contract(source: AudioSource, listener):
    began_ns = time.monotonic_ns()
    source.start(listener)
    listener.until_blocks(8)
    source.close()
    said = len(listener.events)
    assert isinstance(listener.events[0], AudioFound)
    assert listener.assert_contract(source.channels) >= 8 * 800
    assert (source.rate_hz, source.channels) == (8000, 1)
    blocks = listener.of(AudioBlock)
    assert all(0 < two.at_ns - one.at_ns < 250_000_000 for one, two in pairwise(blocks))
    assert began_ns < blocks[0].at_ns
    assert blocks[-1].at_ns <= time.monotonic_ns()
    assert len(listener.events) == said, "nothing comes after close"


def test_contract_missing(tmp_path, make_card, listener):
    card = make_card(name="another")
    for source in (
        PyAudioInput(device="desk-line", rate_hz=8000, channels=1),
        WavFile(path=tmp_path / "missing.wav", rate_hz=8000, channels=1),
    ):
        listener.events.clear()
        source.start(listener)
        listener.until_kind(AudioLost)
        card.wait_until_passed(1.2)  # it was looked for again meanwhile
        source.close()
        assert len(listener.events) == 1


def test_whole_file_bit_exact_then_lost(play, listener):
    samples = np.random.default_rng(2).integers(-32768, 32767, 12_345)
    play(samples)
    listener.until_kind(AudioLost)
    assert b"".join(block.samples for block in listener.of(AudioBlock)) == samples.astype("<i2").tobytes()
    assert "at its end" in listener.of(AudioLost)[0].reason


def test_resampled_file_has_the_exact_length(play, listener):
    play(np.zeros(2 * 44_100 * 3), rate_hz=44_100, channels=2)
    listener.until_kind(AudioLost)
    assert listener.assert_contract() == 24_000


def test_a_file_that_appears_later_is_played(tmp_path, listener):
    source = WavFile(path=tmp_path / "late.wav", rate_hz=8000, channels=1, paced=False)
    source.start(listener)
    listener.until_kind(AudioLost)
    write_wav(tmp_path / "partial", np.ones(1600))
    (tmp_path / "partial").rename(tmp_path / "late.wav")
    listener.until_kind(AudioBlock)
    source.close()
    listener.assert_contract()


def test_what_the_settings_do_not_say_is_refused(play, listener, tmp_path):
    write_wav(tmp_path / "other.wav", np.zeros(100), rate_hz=11_025)
    source = WavFile(path=tmp_path / "other.wav", rate_hz=8000, channels=1)
    source.start(listener)
    listener.until_kind(AudioLost)
    source.close()
    assert "(11025, 1, 16), the settings say (8000, 1, 16)" in listener.of(AudioLost)[0].reason
    (tmp_path / "other.wav").write_bytes(b"RIFF no wave")
    source = WavFile(path=tmp_path / "other.wav", rate_hz=8000, channels=1)
    listener.events.clear()
    source.start(listener)
    listener.until_kind(AudioLost)
    source.close()
    assert "cannot be read" in listener.of(AudioLost)[0].reason

"""A sound card that real PyAudio hears is unplugged and plugged in again during a recording."""

import threading
import time

import numpy as np
import pytest

from drivers.audio import DEVICE_LOST, AudioBlock, AudioGap
from drivers.audio.pyaudio_input import PyAudioInput
from drivers.virtual.sound.asound import write_asound_conf
from drivers.virtual.sound.build import plugin_library
from drivers.virtual.sound.memory import CardMemory
from firmware.capture.encoders import CodecSettings
from firmware.capture.thread import CaptureThread

MULTIPLIER = 40503  # odd: 65536 samples in a row all differ
INVERSE = pow(MULTIPLIER, -1, 65536)
TOLERATED = 8 * 30  # 30 ms of a busy machine's lateness; a quiet one is right within 1 ms


def telling(first, count):
    """Samples that tell their own number, modulo 65536."""
    return (((np.arange(first, first + count) * MULTIPLIER) & 0xFFFF) - 32768).astype("<i2")


def number_of(sample):
    return ((int(sample) + 32768) * INVERSE) & 0xFFFF


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Presents sample n at epoch + n / 8000."""
    epoch_ns = time.monotonic_ns()
    memory = CardMemory(tmp_path / "card", rate_hz=8000, channels=1, mode="elastic", epoch_ns=epoch_ns)
    write_asound_conf(
        tmp_path / "asound.conf", name="desk-line", memory=memory.path, library=plugin_library(tmp_path)
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    closing = threading.Event()

    def feed():
        while not closing.wait(0.02):
            count = int((time.monotonic_ns() - epoch_ns) * 8000 / 1e9 + 2400) - memory.written
            if count > 0:
                memory.write(telling(memory.written, count)[:, np.newaxis])

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    yield memory
    closing.set()
    thread.join()
    memory.close()


def test_the_gap_is_in_its_place_and_all_else_is_bit_exact(card, archive, memory_file):
    done, heard = threading.Event(), threading.Condition()
    finished, events, codec, file = [], [], CodecSettings("flac"), memory_file()
    capture = CaptureThread(
        codec=codec,
        preroll_s=0.5,
        queue_s=30,
        on_durable=lambda _progress: None,
        on_finished=lambda one: (finished.append(one), done.set()),
        on_failure=lambda _error: done.set(),
    )
    source = PyAudioInput(device="desk-line", rate_hz=8000, channels=1)

    def emit(event):
        capture.emit(event)
        with heard:
            events.append(event)
            heard.notify()

    def until(kind, more):
        with heard:
            goal = sum(isinstance(event, kind) for event in events) + more
            assert heard.wait_for(lambda: sum(isinstance(event, kind) for event in events) >= goal, 20)

    capture.start()
    source.start(emit)
    try:
        until(AudioBlock, 10)
        capture.begin("desk-1/7", time.monotonic_ns(), archive.opener(codec, file))
        until(AudioBlock, 10)
        card.unplug()
        with heard:
            assert heard.wait_for(lambda: not capture.status().present, 10)
        card.plug()
        until(AudioGap, 1)
        until(AudioBlock, 5)
        capture.end(time.monotonic_ns(), "on_hook")
        assert done.wait(20)
    finally:
        source.close()
        capture.close()

    got = archive.open(file.data)
    ((first, lost, reason),) = got.gaps
    assert reason == DEVICE_LOST
    before, after = got.samples[:first, 0], got.samples[first + lost :, 0]
    for part in (before, after):
        assert np.array_equal(part, telling(number_of(part[0]), len(part)))
    truly_lost = (number_of(after[0]) - number_of(before[-1]) - 1) % 65536
    assert abs(lost % 65536 - truly_lost) <= TOLERATED
    assert len(before) >= 10 * 800
    assert finished[0].lost_samples == lost

"""The real driver, PyAudio, PortAudio and libasound on a sound card whose lowest layer alone is ours."""

import os
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import psutil
import pytest

from drivers.audio import DEVICE_LOST, OVERFLOW, AudioBlock, AudioFound, AudioGap, AudioLost
from drivers.audio.pyaudio_input import PyAudioInput

TOLERATED = 8 * 30  # 30 ms of a busy machine's lateness; a quiet one is right within 1 ms


@pytest.fixture
def make_source():
    sources = []

    def make(**options):
        sources.append(PyAudioInput(**{"device": "desk-line", "rate_hz": 8000, "channels": 1, **options}))
        return sources[-1]

    yield make
    for source in sources:
        source.close()


@pytest.fixture
def line(make_card, make_source, listener):
    """A card that is being heard: (card, source, listener)."""
    card, source = make_card(), make_source()
    source.start(listener)
    listener.until_blocks(5)
    return card, source, listener


def assert_gap_is_true(card, listener, gap):
    """From the block before it to the second after: PortAudio may join old and new samples in the first."""
    at = listener.events.index(gap)
    before = [event for event in listener.events[:at] if isinstance(event, AudioBlock)][-1]
    joined, after = [event for event in listener.events[at:] if isinstance(event, AudioBlock)][:2]
    missing = card.told(after)[0] - card.told(before)[1] - joined.frames(1)
    assert abs(gap.lost_samples - missing) <= TOLERATED


def test_bit_exact_and_continuous_with_true_times(line):
    card, source, listener = line
    listener.until_blocks(15)
    source.close()
    told = [card.told(block) for block in listener.of(AudioBlock)]
    assert all(one[1] == next_one[0] for one, next_one in pairwise(told))
    listener.assert_contract()
    assert not listener.of(AudioGap)
    last = listener.of(AudioBlock)[-1]
    assert 0 <= card.frame_at(last.at_ns) - told[-1][1] < TOLERATED


def test_unplugged_and_plugged_in_again(line):
    card, source, listener = line
    first_ear = source.ear_pid
    card.memory.unplug()
    listener.until_kind(AudioLost)
    assert "no block for 1.0 s" in listener.of(AudioLost)[0].reason
    card.memory.plug()
    listener.until_kind(AudioGap)
    listener.until_blocks(3)
    (gap,) = listener.of(AudioGap)
    assert gap.reason == DEVICE_LOST
    assert_gap_is_true(card, listener, gap)
    assert [event.device for event in listener.of(AudioFound)] == ["desk-line", "desk-line"]
    assert source.ear_pid != first_ear
    assert not psutil.pid_exists(first_ear)
    listener.assert_contract()


def test_a_killed_ear_is_noticed_at_once_and_started_again(line):
    card, source, listener = line
    os.kill(source.ear_pid, signal.SIGKILL)
    listener.until_kind(AudioGap)
    listener.until_blocks(3)
    assert "ended with -9" in listener.of(AudioLost)[0].reason
    assert_gap_is_true(card, listener, listener.of(AudioGap)[0])
    listener.assert_contract()


def test_a_card_that_hangs_for_half_a_second_loses_exactly_that(line):
    card, _, listener = line
    card.memory.hang(hung=True)
    card.wait_until_passed(0.5)
    card.memory.hang(hung=False)
    listener.until_kind(AudioGap)
    (gap,) = listener.of(AudioGap)
    listener.until_blocks(3)
    assert gap.reason == OVERFLOW
    assert_gap_is_true(card, listener, gap)
    assert not listener.of(AudioLost)


def test_a_card_that_hangs_is_left_and_taken_again(line):
    card, source, listener = line
    card.memory.hang(hung=True)
    listener.until_kind(AudioLost)
    card.memory.hang(hung=False)
    listener.until_kind(AudioGap)
    listener.until_blocks(3)
    assert listener.of(AudioGap)[0].reason == DEVICE_LOST
    assert_gap_is_true(card, listener, listener.of(AudioGap)[0])
    listener.assert_contract()
    assert psutil.pid_exists(source.ear_pid)


def test_an_overrun_of_the_kernels_buffer_is_said(make_card, make_source, listener):
    """A card that overruns as the kernel does, and an ear that is not scheduled for 0.6 s."""
    card, source = make_card(mode="strict"), make_source()
    source.start(listener)
    listener.until_blocks(5)
    os.kill(source.ear_pid, signal.SIGSTOP)
    card.wait_until_passed(0.6)
    os.kill(source.ear_pid, signal.SIGCONT)
    listener.until_kind(AudioGap)
    listener.until_blocks(3)
    for gap in listener.of(AudioGap):
        assert gap.reason == OVERFLOW
        assert_gap_is_true(card, listener, gap)
    listener.assert_contract()


def test_missing_at_the_start_and_never_another_card(make_card, make_source, listener):
    card, source = make_card(), make_source(device="the-desk-next-door")
    source.start(listener)
    listener.until_kind(AudioLost)
    (lost,) = listener.of(AudioLost)
    assert lost.reason.startswith("no sound card called 'the-desk-next-door'")
    assert lost.reason.endswith("there are: 'desk-line'; 'default'")
    card.wait_until_passed(1.5)
    assert listener.events == [lost]


def test_plugged_in_after_the_start_counts_from_the_first_loss(make_card, make_source, listener):
    card, source = make_card(), make_source()
    card.memory.unplug()
    source.start(listener)
    listener.until_kind(AudioLost)
    card.memory.plug()
    listener.until_blocks(3)
    (gap,) = listener.of(AudioGap)
    first = listener.of(AudioBlock)[0]
    assert (gap.first_sample, first.first_sample) == (0, gap.lost_samples)
    missing = card.told(first)[0] - card.frame_at(listener.of(AudioLost)[0].at_ns)
    assert abs(gap.lost_samples - missing) <= TOLERATED
    listener.assert_contract()


def test_a_name_that_fits_two_cards_takes_neither(make_card, make_source, listener):
    card, source = make_card(name="line-a"), make_source(device="line-")
    card.write_conf(
        f'pcm."line-b" {{ type offhook file "{card.memory.path}" hint {{ show on description "B" }} }}\n'
    )
    source.start(listener)
    listener.until_kind(AudioLost)
    assert listener.of(AudioLost)[0].reason.startswith(
        "audio.device 'line-' fits 2 sound cards ('line-a'; 'line-b')"
    )


def test_a_card_that_another_program_has_is_told(line, make_source):
    _, _, first = line
    second = type(first)()
    make_source().start(second)
    second.until_kind(AudioLost)
    assert "or another program has it" in second.of(AudioLost)[0].reason
    first.until_blocks(3)
    assert not first.of(AudioLost)


def test_a_rate_that_the_card_refuses_is_told_with_what_it_takes(make_card, make_source, listener, make_tone):
    card, source = make_card(rate_hz=48000, sides=(make_tone(48000, 440),) * 2), make_source()
    source.start(listener)
    listener.until_kind(AudioLost)
    assert "refuses 8000 Hz x 1" in listener.of(AudioLost)[0].reason
    assert "it takes: 48000 Hz x 1, 48000 Hz x 2" in listener.of(AudioLost)[0].reason
    assert card.memory.count("starts") == 0


def snr_db(samples, frequency):
    """A sine of this frequency against all else in the samples."""
    at = np.arange(len(samples)) * 2 * np.pi * frequency / 8000
    basis = np.stack([np.sin(at), np.cos(at)], axis=1)
    fitted = basis @ np.linalg.lstsq(basis, samples.astype(float), rcond=None)[0]
    return 10 * np.log10(np.mean(fitted**2) / np.mean((samples - fitted) ** 2))


@pytest.mark.parametrize(
    ("rate_hz", "tones", "keep_stereo"),
    [
        (48000, (440, 440), False),
        (44100, (440, 440), False),
        (44100, (440, 1000), True),
        (16000, (440,), False),
    ],
)
def test_cards_of_other_rates_arrive_clean(
    make_card, make_source, listener, make_tone, rate_hz, tones, keep_stereo
):
    make_card(rate_hz=rate_hz, sides=tuple(make_tone(rate_hz, hz) for hz in tones))
    source = make_source(rate_hz=rate_hz, channels=len(tones), keep_stereo=keep_stereo)
    source.start(listener)
    listener.until_blocks(20)
    source.close()
    listener.assert_contract(source.channels)
    assert source.channels == (2 if keep_stereo else 1)
    samples = np.frombuffer(b"".join(block.samples for block in listener.of(AudioBlock)), "<i2")
    sides = samples.reshape(-1, source.channels)[2000:]
    for side in range(source.channels):
        assert snr_db(sides[:, side], tones[side]) > 70  # 16 bit at -12 dBFS: 86 dB


PARENT = """
import sys
from drivers.audio import AudioBlock
from drivers.audio.pyaudio_input import PyAudioInput
source = PyAudioInput(device="desk-line", rate_hz=8000, channels=1)
source.start(lambda event: isinstance(event, AudioBlock) and print(source.ear_pid, flush=True))
sys.stdin.read()
"""


def test_the_ear_dies_with_its_parent(make_card):
    make_card()
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ear = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    ear.wait(timeout=5)


def test_close_ends_the_ear_and_may_be_called_twice(line):
    _, source, listener = line
    ear = source.ear_pid
    source.close()
    source.close()
    assert not psutil.pid_exists(ear)
    said = len(listener.events)
    assert listener.events[-1].at_ns
    assert len(listener.events) == said

"""FSK caller id: both standards at the limits of theirs, and damage that must be told."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.line.fsk import FskDamaged, FskMessage, FskReceiver

sys.path.insert(0, str(Path(__file__).parent))

from caller_id_signals import amplitude, bits_of, mdmf, modulate, on_line, sdmf, sent, with_sum

SINGLE = sdmf(b"0520143213800138000")
MULTIPLE = mdmf((1, b"05201432"), (2, b"02087654321"), (7, "张三".encode("gb2312")))
STANDARDS = ("bell202", "v23")


def heard(samples, block=None):
    receiver = FskReceiver()
    step = block or len(samples)
    events = [
        event for at in range(0, len(samples), step) for event in receiver.feed(samples[at : at + step])
    ]
    return events + receiver.finish()


def only(samples):
    (event,) = heard(samples)
    return event


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("message", [SINGLE, MULTIPLE])
def test_the_standard_is_found_and_the_message_read(standard, message):
    event = only(on_line(sent(message, standard=standard)))
    assert isinstance(event, FskMessage)
    assert event.standard == standard
    assert event.message.raw == with_sum(message)


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize(
    "how",
    [
        {"speed": 0.99}, {"speed": 1.01}, {"level": -32.0}, {"level": -8.0}, {"twist": -6.0}, {"twist": 6.0},
        {"level": -34.0, "twist": -4.0}, {"seizure": 0, "mark": 80}, {"mark": 80}, {"mark": 55},
        {"gaps": (20.0,)}, {"gaps": (0.0, 0.37, 7.2, 19.6, 0.81)},
    ],
    ids=str,
)  # fmt: skip
def test_within_the_standards(standard, how):
    event = only(on_line(sent(MULTIPLE, standard=standard, **how), noise_dbm0=-70))
    assert isinstance(event, FskMessage)
    assert event.message.number == "02087654321"
    assert event.message.name == "张三"


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("seed", range(3))
def test_in_noise_6_db_below(standard, seed):
    event = only(on_line(sent(MULTIPLE, standard=standard), noise_dbm0=-19.5, seed=seed))
    assert isinstance(event, FskMessage)


def test_over_hum_louder_than_the_message():
    signal = sent(MULTIPLE)
    time = np.arange(len(signal)) / 8000
    hum = sum(
        amplitude(-10) * part * np.sin(2 * np.pi * 50 * k * time)
        for k, part in ((1, 0.85), (3, 0.4), (5, 0.2))
    )
    assert isinstance(only(on_line(signal + hum)), FskMessage)


def test_told_within_100_ms_of_the_last_bit():
    samples, receiver = on_line(sent(SINGLE)), FskReceiver()
    for at in range(0, len(samples), 8):
        for event in receiver.feed(samples[at : at + 8]):
            assert at + 8 - event.end_sample <= 800
            return
    pytest.fail("nothing was told before the end")


@pytest.mark.parametrize("bit", range(8))
def test_a_wrong_checksum_is_damaged_and_has_its_bytes(bit):
    raw = bytearray(with_sum(SINGLE))
    raw[14] ^= 1 << bit
    event = only(on_line(modulate(bits_of(bytes(raw)))))
    assert isinstance(event, FskDamaged)
    assert event.raw == bytes(raw)


@pytest.mark.parametrize("part", [0.55, 0.62, 0.7, 0.9, 0.97])
def test_cut_off_is_damaged(part):
    signal = sent(MULTIPLE)
    event = only(on_line(signal[: round(len(signal) * part)]))
    assert isinstance(event, FskDamaged)
    assert with_sum(MULTIPLE).startswith(event.raw[:-1])


@pytest.mark.parametrize("at", np.linspace(3300, 5000, 6).astype(int).tolist())
def test_a_hole_is_damage(at):
    signal = sent(MULTIPLE)
    signal[at : at + 250] = 0
    assert isinstance(only(on_line(signal)), FskDamaged)


def test_two_messages_in_a_row_are_two():
    line = np.concatenate([on_line(sent(SINGLE)), on_line(sent(MULTIPLE, standard="v23"))])
    first, second = heard(line)
    assert (first.standard, second.standard) == STANDARDS


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 5))
def test_any_block_length_gives_the_same(block, seed):
    samples = on_line(sent(SINGLE), noise_dbm0=-25, seed=seed)
    assert heard(samples, block) == heard(samples)


def test_blocks_of_one_sample_give_the_same():
    samples = on_line(sent(SINGLE, seizure=60, mark=60), before=600, behind=1600)
    assert heard(samples, 1) == heard(samples)


@settings(max_examples=10, deadline=None)
@given(st.floats(-36, -6))
def test_any_level_gives_the_same_bytes(level):
    event = only(on_line(sent(MULTIPLE, level=level), noise_dbm0=level - 30))
    assert isinstance(event, FskMessage)
    assert event.message.raw == with_sum(MULTIPLE)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["noise", "steps", "nan", "tones"]))
def test_junk_is_no_message_and_never_raises(seed, kind):
    rng = np.random.default_rng(seed)
    samples = {
        "noise": rng.standard_normal(24000) * 0.2,
        "steps": np.repeat(rng.uniform(-1, 1, 300), 80),
        "nan": np.where(rng.random(24000) < 0.1, np.nan, rng.standard_normal(24000) * 1e6),
        "tones": np.sin(np.cumsum(np.repeat(rng.uniform(0.7, 1.8, 60), 400))) * 0.3,
    }[kind].astype(np.float32)
    assert not [event for event in heard(samples, 1000) if isinstance(event, FskMessage)]

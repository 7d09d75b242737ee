"""One recording's file: opened again, it holds the samples, gaps and events that went in, at any cut."""

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.capture.encoders import CodecSettings, open_encoder
from firmware.capture.writer import FRAME_SAMPLES, RecordingWriter

SECOND = bytes(16_000)


@pytest.fixture
def make(archive, memory_file):
    def make_writer(codec="pcm_s16le", **options):
        file, settings = memory_file(**options), CodecSettings(codec)
        opened = archive.opener(settings, file)(0)
        encoder = open_encoder(settings)
        writer = RecordingWriter(call="desk-1/7", opened=opened, encoder=encoder, channels=1, started_ns=5)
        return writer, file

    return make_writer


steps = st.lists(
    st.one_of(
        st.tuples(st.just("audio"), st.integers(0, 12_000)),
        st.tuples(st.just("gap"), st.integers(1, 100_000)),
        st.tuples(st.sampled_from(["event", "cut", "sync"]), st.just(0)),
    ),
    max_size=14,
)


# The fixtures hold no state between examples: a key and a class.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(codec=st.sampled_from(["opus", "flac", "pcm_s16le"]), steps=steps)
def test_what_went_in_comes_out(archive, memory_file, codec, steps):
    file, settings_ = memory_file(), CodecSettings(codec)
    opened = archive.opener(settings_, file)(0)
    writer = RecordingWriter(
        call="desk-1/7", opened=opened, encoder=open_encoder(settings_), channels=1, started_ns=0
    )
    wave = (3000 * np.sin(np.arange(170_000) * 0.2)).astype("<i2")
    wanted, gaps, events, at = [], [], 0, 0
    for kind, size in steps:
        if kind == "audio":
            writer.audio(wave[:size].tobytes())
            wanted.append(wave[:size])
        elif kind == "gap":
            gaps.append((at, size, "overflow"))
            writer.gap(size, "overflow")
            wanted.append(np.zeros(size, "<i2"))
        elif kind == "event":
            writer.event(at // 8, "ring")
            events += 1
        elif kind == "cut":
            writer.cut()
        else:
            writer.sync()
        at += size
    finished = writer.finish(ended_by="on_hook", ended_ns=9)
    got = archive.open(file.data)
    assert got.complete
    assert got.gaps == gaps
    assert len(got.events) == events
    assert got.end == {
        "ended_by": "on_hook",
        "gaps": len(gaps),
        "lost_samples": sum(g[1] for g in gaps),
        "samples": at,
    }
    assert len(got.samples) == at == finished.samples
    if codec != "opus":
        assert np.array_equal(got.samples[:, 0], np.concatenate([np.zeros(0, "<i2"), *wanted]))
    assert (finished.size, finished.sha256) == (len(file.data), hashlib.sha256(file.data).hexdigest())
    assert file.synced == len(file.data)


@pytest.mark.parametrize("codec", ["opus", "flac", "pcm_s16le"])
def test_killed_at_any_byte_every_whole_frame_opens(make, archive, codec):
    writer, file = make(codec)
    for _ in range(30):
        writer.audio(bytes(1600))
    sizes = set()
    for cut in range(len(file.data) - 900, len(file.data), 37):
        got = archive.open(file.data[:cut]) if cut > 2000 else None
        if got is not None:
            assert not got.complete
            sizes.add(len(got.samples))
    assert max(sizes, default=0) <= 3 * 8000


def test_frames_hold_at_most_what_a_power_cut_may_cost(make, archive):
    """From one sync to the next at most FRAME_SAMPLES are in memory alone."""
    writer, file = make("opus")
    for blocks in range(1, 40):
        writer.audio(bytes(1600))
        writer.sync()
        assert blocks * 800 - writer.progress.durable_samples <= FRAME_SAMPLES
        assert writer.progress.durable_bytes == file.synced
    assert file.syncs <= 1 + 39 * 800 / FRAME_SAMPLES


def test_nothing_new_is_not_synced_again(make):
    writer, file = make()
    assert writer.sync()
    assert not writer.sync()
    assert file.syncs == 1


def test_cut_makes_the_preroll_durable_at_once(make, archive):
    writer, file = make("flac")
    writer.audio(SECOND * 2)
    writer.cut()
    writer.sync()
    assert writer.progress.durable_samples == 16_000
    assert len(archive.open(file.data[: file.synced]).samples) == 16_000


def test_a_full_disk_is_the_callers_error_and_the_totals_stay_true(make, archive):
    writer, file = make(fail_after=3)
    with pytest.raises(OSError, match="No space left"):
        writer.audio(SECOND * 9)
    finished = writer.finished(ended_by="disk_error", ended_ns=1, error="No space left on device")
    assert finished.size == len(file.data)
    assert finished.sha256 == hashlib.sha256(file.data).hexdigest()
    assert not archive.open(file.data).complete

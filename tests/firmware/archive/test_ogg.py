"""Ogg pages: sizes, granules, and packets that need a page of their own."""

import io

import pytest
from mutagen.ogg import OggPage

from firmware.archive.errors import ArchiveError
from firmware.archive.ogg import OggOpusWriter


def written(packets, finish):
    out = io.BytesIO()
    writer = OggOpusWriter(out, channels=1, rate_hz=8000, pre_skip=312, comments={"A": "b"}, serial=7)
    for data, samples in packets:
        writer.packet(data, samples)
    writer.finish(finish)
    size, pages = out.tell(), []
    out.seek(0)
    while out.tell() < size:
        pages.append(OggPage(out))
    return pages


def test_a_page_a_second():
    pages = written([(b"x" * 60, 960)] * 120, 115_000)
    assert [len(page.packets) for page in pages] == [1, 1, 50, 50, 20]
    assert [page.position for page in pages] == [0, 0, 48_000, 96_000, 115_000]
    assert [page.sequence for page in pages] == [0, 1, 2, 3, 4]
    assert [page.first for page in pages] == [True] + [False] * 4
    assert [page.last for page in pages] == [False] * 4 + [True]
    assert {page.serial for page in pages} == {7}
    assert not any(page.continued for page in pages)


def test_large_packets_fill_pages_earlier():
    pages = written([(b"x" * 1275, 960)] * 50, 48_000)
    assert [len(page.packets) for page in pages[2:]] == [42, 8]  # 6 segments of 255 bytes each


def test_a_packet_larger_than_a_page():
    writer = OggOpusWriter(io.BytesIO(), channels=1, rate_hz=8000, pre_skip=312, comments={})
    writer.packet(b"x" * (255 * 255 - 1), 960)
    with pytest.raises(ArchiveError, match="does not fit"):
        writer.packet(b"x" * 255 * 255, 960)

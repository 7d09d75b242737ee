import pytest

from firmware.evidence.keys import ArchivePrivateKey
from firmware.evidence.recording import AudioFormat, Header, encode_audio, encode_end
from firmware.evidence.sealing import RecordingSealer
from firmware.spool import Spool


@pytest.fixture(scope="session")
def archive_key() -> ArchivePrivateKey:
    return ArchivePrivateKey.generate()


@pytest.fixture(scope="session")
def pieces(archive_key) -> list[bytes]:
    """A sealed recording of 5 s in the pieces that are appended: intro, five audio frames, the end."""
    header = Header(
        audio=AudioFormat(channels=1, codec="pcm_s16le", frame_ms=100, rate_hz=8000),
        boot="88bf02ed-68d0-44b4-a5d2-d3f28719987a",
        call="t-1/42",
        desk="t-1",
        started="2026-11-22T08:00:00.000000Z",
    )
    sealer = RecordingSealer(header, [archive_key.public])
    audio = [sealer.seal(encode_audio(8000 * second, [bytes(1600)] * 10)) for second in range(5)]
    end = sealer.seal(
        encode_end({"ended_by": "on_hook", "gaps": 0, "lost_samples": 0, "samples": 40_000}), last=True
    )
    return [sealer.intro, *audio, end]


@pytest.fixture
def spool(tmp_path) -> Spool:
    one = Spool(tmp_path, reserve_bytes=65_536)
    one.prepare()
    return one

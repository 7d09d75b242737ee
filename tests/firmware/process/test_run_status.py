import os

import pytest

from firmware.status import (
    AgentStatus,
    PanelStatus,
    RecorderStatus,
    RecordingStatus,
    ReplicaStatus,
    StatusError,
    age_ms,
    read_status,
    write_status,
)

BOOT = "88bf02ed-68d0-44b4-a5d2-d3f28719987a"
BASE = {"pid": 7, "boot": BOOT, "mono_ns": 5_000_000_000, "started_mono_ns": 1}


@pytest.mark.parametrize(
    "status",
    [
        RecorderStatus(**BASE, recording=RecordingStatus("t-1/3", 3, "000000000003.ohr", 10, 8000, 4)),
        AgentStatus(**BASE, replicas={"a": ReplicaStatus(mqtt=True)}, waiting=2),
        PanelStatus(**BASE, situation=8),
    ],
)
def test_what_is_written_is_read(tmp_path, status):
    write_status(tmp_path, status)
    assert read_status(tmp_path, type(status)) == status
    assert [path.name for path in tmp_path.iterdir()] == [f"{status.process}.json"]


def test_none_yet(tmp_path):
    assert read_status(tmp_path, RecorderStatus) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid":1,"boot":"","mono_ns":1,"x":2}'])
def test_what_is_none_of_ours_is_refused(tmp_path, text):
    (tmp_path / "recorder.json").write_text(text)
    with pytest.raises(StatusError, match=r"recorder\.json: not a status"):
        read_status(tmp_path, RecorderStatus)


def test_a_status_grows_old_within_its_boot_only():
    status = RecorderStatus(**BASE)
    assert age_ms(status, boot=BOOT, mono_ns=5_250_000_000) == 250
    assert age_ms(status, boot="other", mono_ns=5_250_000_000) is None


def test_a_status_that_cannot_be_written_leaves_no_half_one(tmp_path, monkeypatch):
    status = RecorderStatus(**BASE)
    write_status(tmp_path, status)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        write_status(tmp_path, status)
    assert [path.name for path in tmp_path.iterdir()] == ["recorder.json"]

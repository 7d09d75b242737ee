import os

import pytest

from firmware.spool.durable import make_folder, remove_durably, rename_durably, write_durably


def test_it_replaces_whole_and_leaves_no_temp(tmp_path):
    path = tmp_path / "x.jws"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["x.jws"]


def test_the_order_is_write_sync_rename_sync_folder(tmp_path, monkeypatch):
    steps = []
    fsync, rename = os.fsync, os.rename

    def seen_fsync(descriptor):
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        steps.append("sync folder" if name == str(tmp_path) else f"sync {os.fstat(descriptor).st_size}")
        fsync(descriptor)

    def seen_rename(*names):
        steps.append("rename")
        rename(*names)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "rename", seen_rename)
    write_durably(tmp_path / "x", b"12345")
    assert steps == ["sync 5", "rename", "sync folder"]


def test_a_disk_that_refuses_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_durably(path, b"old")

    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_rename_syncs_both_folders(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "x").write_bytes(b"1")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    rename_durably(tmp_path / "a" / "x", tmp_path / "b" / "x")
    assert synced == [str(tmp_path / "b"), str(tmp_path / "a")]


def test_removing_twice_and_making_twice_is_the_same(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"1")
    remove_durably(path)
    remove_durably(path)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()

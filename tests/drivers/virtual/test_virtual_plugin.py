"""The card's plugin is compiled where it is needed, and what is missing is said."""

from pathlib import Path

import pytest

from drivers.virtual.errors import VirtualDeskError
from drivers.virtual.sound import build
from drivers.virtual.sound.asound import write_asound_conf


def test_it_is_compiled_once_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    library = build.plugin_library(tmp_path)
    made = library.stat().st_mtime_ns
    assert library.parent == tmp_path / "cache" / "offhook"
    assert build.plugin_library(tmp_path).stat().st_mtime_ns == made
    assert list(library.parent.iterdir()) == [library]


def test_without_a_cache_it_goes_into_the_desks_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert build.plugin_library(tmp_path).parent == tmp_path


def test_a_missing_compiler_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VirtualDeskError, match="gcc is missing"):
        build.plugin_library(tmp_path)


def test_a_source_that_does_not_compile_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "card_plugin.c"
    broken.write_text("#include <no_such_header.h>")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(build, "SOURCE", broken)
    with pytest.raises(VirtualDeskError, match="libasound2-dev"):
        build.plugin_library(tmp_path)


def test_names_that_libasound_would_misread_are_refused(tmp_path: Path) -> None:
    for name in ("", "hw:1", 'a"b'):
        with pytest.raises(ValueError, match="card name"):
            write_asound_conf(tmp_path / "a.conf", name=name, memory=tmp_path, library=tmp_path)

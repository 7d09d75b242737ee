"""Compile the card's plugin, once per version of its source."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from drivers.virtual.errors import VirtualDeskError

SOURCE = Path(__file__).with_name("card_plugin.c")
FLAGS = ("-O2", "-shared", "-fPIC", "-DPIC", "-Wall", "-Wextra")


def plugin_library(fallback: Path) -> Path:
    """The compiled plugin: from the user's cache, or built there (or in `fallback`) now; takes about 1 s."""
    name = f"virtual-card-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "offhook"
    if (cache / name).exists():
        return cache / name
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = cache
    except OSError:
        folder = fallback
    return _compile(folder / name)


def _compile(library: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        made = Path(folder) / library.name
        try:
            done = subprocess.run(
                ["gcc", *FLAGS, "-o", str(made), str(SOURCE), "-lasound"],
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise VirtualDeskError("gcc is missing: install it (`make packages` does)") from error
        if done.returncode:
            raise VirtualDeskError(
                f"the sound card's plugin does not compile (libasound2-dev installed?): {done.stderr.strip()}"
            )
        os.replace(made, library)
    return library

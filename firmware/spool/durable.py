"""The one place that makes files and names durable.

What it promises on a filesystem with barriers (ext4 as the image makes it): after `write_durably` returned, a
power cut leaves the new bytes; before, the old bytes or the new ones, never a mixture and never an empty
file.

What it cannot promise: that the disk tells the truth about its cache (cheap SD cards do not), that bytes once
durable stay readable, or anything at all on tmpfs and on network filesystems. And after a failed fsync the
kernel may already have dropped the pages: an error here means "not durable", not "try fsync again".
"""

import os
import secrets
from pathlib import Path


def write_durably(path: Path, data: bytes, *, mode: int = 0o640) -> None:
    """Make `path` hold exactly `data`, replacing what was there. OSError leaves the old content.

    Temp in the same folder, write, flush, fsync, rename, fsync the folder.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except OSError:
        remove_if_there(temporary)
        raise
    sync_folder(path.parent)


def rename_durably(source: Path, target: Path) -> None:
    """Give a file, whose bytes are durable already, another name or folder on the same filesystem."""
    os.rename(source, target)
    sync_folder(target.parent)
    if source.parent != target.parent:
        sync_folder(source.parent)


def remove_durably(path: Path) -> None:
    """Remove a file; after the return a power cut does not bring it back. No error when it is gone
    already.
    """
    remove_if_there(path)
    sync_folder(path.parent)


def remove_if_there(path: Path) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def make_folder(path: Path, *, mode: int = 0o750) -> None:
    """Make `path` and what is missing above it; durable as a name."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode)
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        return  # another process of the desk was quicker
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

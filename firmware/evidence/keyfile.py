"""Private key files: written once, readable by their owner only, refused when others can read them."""

import os
import stat
from pathlib import Path

from firmware.evidence.errors import KeyFileError

MAX_BYTES = 16_384  # two PKCS#8 blocks need 400 bytes


def read_private(path: Path) -> bytes:
    """Bytes of a private key file that only its owner can read."""
    try:
        with open(path, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise KeyFileError(
                    f"{path}: others than its owner can use this private key (mode {mode:04o}); "
                    f"run 'chmod 600 {path}' and consider whether the key is still secret",
                )
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: the private key cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise KeyFileError(f"{path}: larger than {MAX_BYTES} bytes, so not a key file")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Write `data` whole and durable with mode 0600, or not at all; never over an existing file.

    Temp file in the same folder, fsync, then a hard link under the final name: link(2) fails when the
    name exists, where rename(2) would replace the old key and with it all that was sealed to it.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
        finally:
            os.unlink(temporary)
        sync_folder(path.parent)
    except FileExistsError:
        raise KeyFileError(f"{path} exists; keys are never overwritten, choose another name") from None
    except OSError as error:
        raise KeyFileError(f"{path}: the key cannot be written: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

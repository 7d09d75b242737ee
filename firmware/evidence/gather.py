"""Fetching evidence from files and folders for the verifier. Opens for reading only, writes nothing."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firmware.evidence import stores
from firmware.evidence.facts import Bundle, OtherFacts
from firmware.evidence.jws import MAX_JWS_CHARS
from firmware.evidence.keys import ArchivePrivateKey, VerifyKey
from firmware.evidence.looking import LedgerLook, look_at_receipt, look_at_recording
from firmware.evidence.recording import MAGIC
from firmware.evidence.walking import read_chunks

GROWING = ("recording", "uploads", "quarantine")  # folders whose files the ledger need not know (yet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the verifier's user brought. `vaults` may be keyed by a vault's name or, unnamed, by "#1", …"""

    archive: ArchivePrivateKey | None = None
    desks: tuple[VerifyKey, ...] = ()
    vaults: dict[str, VerifyKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at. `named`: the user named it, so it must be evidence."""

    path: Path
    named: bool
    size: int


def find(paths: Iterable[Path]) -> list[Found]:
    """Every file at `paths`; folders are searched whole, links in them are not followed."""
    found: dict[Path, Found] = {}
    for path in paths:
        if path.is_dir():
            for inside in _files(path):
                found.setdefault(inside, Found(inside, named=False, size=inside.lstat().st_size))
        else:
            size = path.stat().st_size if path.exists() else 0
            found[path] = Found(path, named=True, size=size)
    return list(found.values())


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(root) / name
            if stat.S_ISREG(path.lstat().st_mode):
                yield path


def gather(
    found: Iterable[Found],
    keys: Keys,
    progress: Callable[[int], None] = lambda _: None,
) -> Bundle:
    """Look at every file found. What cannot be read becomes a fact, never an exception."""
    bundle = Bundle()
    for number, (name, key) in enumerate(keys.vaults.items()):
        bundle.vault_keys[key.key_id] = key
        bundle.vault_names[key.key_id] = "" if name == f"#{number + 1}" else name
    for file in found:
        bundle.folders |= not file.named
        try:
            _look(file, keys, bundle, progress)
        except OSError as error:
            bundle.others.append(OtherFacts(path=str(file.path), fault=f"cannot be read: {error.strerror}"))
    return bundle


def _look(file: Found, keys: Keys, bundle: Bundle, progress: Callable[[int], None]) -> None:
    path = file.path
    if path.exists() and not path.is_file():
        bundle.others.append(OtherFacts(path=str(path), fault="neither a file nor a folder"))
        return
    with open(path, "rb") as stream:
        start = stream.read(len(MAGIC))
        stream.seek(0)
        if start == MAGIC or path.suffix == ".ohr":
            bundle.recordings.append(
                look_at_recording(
                    read_chunks(stream),
                    path=str(path),
                    name=path.name,
                    key=keys.archive,
                    progress=progress,
                    growing=path.parent.name in GROWING or path.parent.parent.name in GROWING,
                ),
            )
            return
        if path.suffix == ".jws":
            data = stream.read(MAX_JWS_CHARS + 2)
            bundle.receipts.append(look_at_receipt(data, path=str(path)))
            progress(file.size)
            return
    if start.startswith(stores.MAGIC):
        _look_at_store(file, keys, bundle)
    elif file.named:
        fault = "neither a recording (.ohr), nor a ledger (SQLite), nor a receipt (.jws)"
        bundle.others.append(OtherFacts(path=str(path), fault=fault))
    progress(file.size)


def _look_at_store(file: Found, keys: Keys, bundle: Bundle) -> None:
    path = str(file.path)
    try:
        with stores.open_untouched(file.path) as db:
            desks = stores.ledger_desks(db)
            for desk in desks:
                _look_at_ledger(db, desk, path if desk is None else f"{path} ({desk})", keys, bundle)
            for text in stores.stored_receipts(db):
                bundle.receipts.append(look_at_receipt(text.encode(), path=path))
            if not desks and file.named:
                bundle.others.append(OtherFacts(path=path, fault="an SQLite file without a ledger in it"))
    except sqlite3.Error as error:
        bundle.others.append(OtherFacts(path=path, fault=f"the store cannot be read: {error}"))


def _look_at_ledger(db: sqlite3.Connection, desk: str | None, path: str, keys: Keys, bundle: Bundle) -> None:
    """Several desks' keys may be given: the one that the chain itself names is taken, else the first."""
    look, fault = LedgerLook(path=path, key=_desk_key(db, desk, keys)), ""
    try:
        for row in stores.ledger_rows(db, desk):
            look.take(row)
    except sqlite3.Error as error:
        fault = f"the store breaks off: {error}"
    bundle.ledgers.append(look.facts(fault))


def _desk_key(db: sqlite3.Connection, desk: str | None, keys: Keys) -> VerifyKey | None:
    if len(keys.desks) < 2:
        return keys.desks[0] if keys.desks else None
    look = LedgerLook(path="", key=None)
    for row in stores.ledger_rows(db, desk):
        look.take(row)
    named = look.facts().report.signed_by
    return next((key for key in keys.desks if key.key_id == named), keys.desks[0])

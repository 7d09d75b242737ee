"""Brings the catalogue to the newest schema; Alembic is loaded only when there is something to do."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sync.vault.errors import CatalogueError

_VERSIONS = Path(__file__).with_name("migrations") / "versions"


def newest() -> str:
    """Revision of the last migration: `v0001_first.py` is revision "0001"."""
    return max(file.name[1:5] for file in _VERSIONS.glob("v[0-9]*.py"))


def current(path: Path) -> str:
    """Revision of the file, "" for an empty or missing one."""
    if not path.exists():
        return ""
    db = sqlite3.connect(path)
    try:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return ""
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""
    except sqlite3.DatabaseError as error:
        raise CatalogueError(f"{path}: is no catalogue: {error}") from error
    finally:
        db.close()


def upgrade(path: Path, revision: str = "head") -> None:
    """Migrate up to `revision`; CatalogueError for a catalogue of a newer program."""
    _keep_private(path)
    found = current(path)
    if revision == "head" and found == newest():
        return
    if found > newest():
        raise CatalogueError(
            f"{path}: written by a newer program (schema {found}, this one knows {newest()}); update offhook"
        )
    _run(path, "upgrade", revision)


def downgrade(path: Path, revision: str) -> None:
    """Migrate down to `revision` ("base": an empty catalogue). What the schema loses is lost."""
    _run(path, "downgrade", revision)


def _keep_private(path: Path) -> None:
    """Numbers stand in it in clear, and hashes of passwords and sessions: its owner alone may read it.

    SQLite gives its -wal and -shm the mode of the file itself.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            if each.exists() and each.stat().st_mode & 0o077:
                each.chmod(0o600)
    except OSError as error:
        raise CatalogueError(f"{path}: the catalogue cannot be kept private: {error.strerror}") from error


def _run(path: Path, verb: str, revision: str) -> None:
    # Half a second of imports that a vault with a current catalogue does not need.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine, event  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent))
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def manual(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # pysqlite would commit before DDL; Alembic begins and commits

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            getattr(command, verb)(config, revision)
    finally:
        engine.dispose()

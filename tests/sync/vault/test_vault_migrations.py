"""The catalogue's schema goes up from nothing, down, and up again."""

import sqlite3

import pytest

from sync.vault.catalogue import migrate
from sync.vault.catalogue.database import Catalogue
from sync.vault.errors import CatalogueError


def schema(path):
    db = sqlite3.connect(path)
    rows = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' ORDER BY name"
    ).fetchall()
    db.close()
    return rows


def test_up_down_up(tmp_path):
    path = tmp_path / "catalogue.sqlite3"
    migrate.upgrade(path)
    first = schema(path)
    assert migrate.current(path) == migrate.newest()
    assert any(name == "calls" for name, _ in first)
    migrate.downgrade(path, "base")
    assert schema(path) == []
    migrate.upgrade(path)
    assert schema(path) == first
    migrate.upgrade(path)
    assert schema(path) == first


def test_a_newer_catalogue_is_left_alone(tmp_path):
    path = tmp_path / "catalogue.sqlite3"
    migrate.upgrade(path)
    db = sqlite3.connect(path)
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.commit()
    db.close()
    with pytest.raises(CatalogueError, match="newer program"):
        Catalogue(path)


def test_what_is_no_catalogue_is_said(tmp_path):
    path = tmp_path / "catalogue.sqlite3"
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(CatalogueError, match="no catalogue"):
        Catalogue(path)


@pytest.mark.parametrize("table", ["ledger", "access_log", "recordings"])
def test_evidence_is_added_to_and_never_changed(tmp_path, table):
    path = tmp_path / "catalogue.sqlite3"
    migrate.upgrade(path)
    db = sqlite3.connect(path)
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    types = {row[1]: row[2] for row in db.execute(f"PRAGMA table_info({table})")}
    values = [{"TEXT": "x", "INTEGER": 1, "BLOB": b"x"}[types[c]] for c in columns]
    db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
    for statement in (f"UPDATE {table} SET {columns[1]} = {columns[1]}", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement)
    db.close()


def test_a_failing_job_undoes_itself_alone(tmp_path):
    catalogue = Catalogue(tmp_path / "catalogue.sqlite3")
    site = "INSERT INTO sites (site, created_at) VALUES (?, 'x')"

    def bad(db):
        db.execute(site, ("bad",))
        raise ValueError("no")

    catalogue.write_now(lambda db: db.execute(site, ("good",)))
    with pytest.raises(ValueError, match="no"):
        catalogue.write_now(bad)
    assert [row["site"] for row in catalogue.reader.execute("SELECT site FROM sites")] == ["good"]
    catalogue.close()


def test_nobody_but_its_owner_reads_the_catalogue(tmp_path):
    """Also one that an earlier version made."""
    path = tmp_path / "catalogue.sqlite3"
    catalogue = Catalogue(path)
    catalogue.write_now(lambda db: db.execute("CREATE TABLE written(x)"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    catalogue.close()
    assert modes["catalogue.sqlite3"] == modes["catalogue.sqlite3-wal"] == 0o600
    path.chmod(0o644)
    Catalogue(path).close()
    assert path.stat().st_mode & 0o777 == 0o600

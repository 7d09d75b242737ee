"""Lists for people and scripts, straight from the catalogue; a running vault is not needed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Column, Table

from config.vault import VaultSettings
from sync.vault.catalogue.calls import Call, CallFilter
from sync.vault.catalogue.calls import calls as find_calls
from sync.vault.catalogue.database import connect
from sync.vault.catalogue.desks import Desk, all_desks
from sync.vault.catalogue.findings import open_findings
from sync.vault.errors import SetupError
from sync.vault.layout import layout
from sync.vault.quarantine import count_all


@contextmanager
def reader(settings: VaultSettings) -> Iterator[sqlite3.Connection]:
    path = layout(settings).catalogue
    if not path.exists():
        raise SetupError(f"{path}: there is no catalogue; run `offhook vault init`")
    db = connect(path, read_only=True)
    try:
        yield db
    finally:
        db.close()


def print_calls(
    settings: VaultSettings, *, desk: str, number: str, limit: int, after: str, as_json: bool
) -> None:
    with reader(settings) as db:
        page = find_calls(db, CallFilter(desk=desk, number=number), after=after, limit=limit)
    if as_json:
        click.echo(
            json.dumps({"items": [call_object(call) for call in page.items], "after": page.after}, indent=1)
        )
        return
    table = Table(
        "call",
        "from (UTC)",
        Column("state", no_wrap=True),
        "off-hook s",
        "recorded s",
        "lost s",
        "bytes",
        "here",
        "replicas",
    )
    for call in page.items:
        table.add_row(
            str(call.call),
            call.off_hook_at[:19],
            call.state,
            _seconds(call.off_hook_ms),
            _seconds(call.heard_ms),
            "" if call.samples is None else f"{call.lost_ms / 1000:.2f}",
            str(call.size or ""),
            "yes" if call.stored_at else "no",
            " ".join(call.replicas),
        )
    Console().print(table)
    if page.after:
        click.echo(f"more: --after {page.after}")


def call_object(call: Call) -> dict[str, object]:
    """The row as JSON has it: `id` and the list of replicas added, what is unknown left out."""
    values = {
        key: value for key, value in asdict(call).items() if value is not None and key != "replica_names"
    }
    return {"id": str(call.call), **values, "replicas": list(call.replicas)}


def print_desks(settings: VaultSettings, *, as_json: bool) -> None:
    with reader(settings) as db:
        objects = desk_objects(db)
    if as_json:
        click.echo(json.dumps(objects, indent=1))
        return
    columns = ("desk", "site", "ledger_seq", "signed_seq", "ledger_at", "findings", "in_quarantine")
    table = Table("desk", "site", "ledger", "signed to", "last heard (UTC)", "findings", "quarantine")
    for found in objects:
        table.add_row(*(_cell(found[column]) for column in columns))
    Console().print(table)


def desk_objects(db: sqlite3.Connection) -> list[dict[str, object]]:
    """Every desk as JSON has it."""
    return [
        _desk_object(desk, [f.code for f in open_findings(db, desk.desk)], count_all(db, desk.desk))
        for desk in all_desks(db)
    ]


def _desk_object(desk: Desk, codes: list[str], kept: int) -> dict[str, object]:
    return {
        "desk": desk.desk,
        "site": desk.site,
        "enrolled_at": desk.enrolled_at,
        "revoked": desk.revoked_at is not None,
        "ledger_seq": desk.head_seq,
        "ledger_at": desk.head_at or "",
        "signed_seq": desk.checked_seq,
        "findings": codes,
        "in_quarantine": kept,
    }


def _cell(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)[:19]


def _seconds(ms: int | None) -> str:
    return "" if ms is None else f"{ms / 1000:.1f}"

"""`offhook vault check`: reads every object and ledger that the catalogue claims; says what is wrong."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from config.vault import VaultSettings
from firmware.evidence.chain import verify_chain
from firmware.evidence.errors import EvidenceError
from firmware.evidence.ids import CallId
from firmware.evidence.keys import SigningKey, VerifyKey
from firmware.evidence.receipt import Receipt
from sync.vault.catalogue import desks
from sync.vault.catalogue.recordings import Recording
from sync.vault.commands.lists import reader
from sync.vault.errors import ObjectError
from sync.vault.layout import layout
from sync.vault.objects.filesystem import FilesystemStore


@dataclass(frozen=True, slots=True)
class Line:
    """`problem` is empty when it is as it should be."""

    what: str
    problem: str


def print_check(settings: VaultSettings, *, as_json: bool) -> bool:
    """Print the lines; True when nothing is wrong."""
    with reader(settings) as db:
        lines = [*_ledgers(db), *_objects(settings, db)]
    bad = [line for line in lines if line.problem]
    if as_json:
        click.echo(
            json.dumps(
                {"checked": len(lines), "wrong": [{"what": b.what, "problem": b.problem} for b in bad]},
                indent=1,
            )
        )
        return not bad
    if bad:
        table = Table("what", "problem")
        for line in bad:
            table.add_row(line.what, line.problem)
        Console().print(table)
    click.echo(f"{len(lines)} checked, {len(bad)} wrong")
    return not bad


def _ledgers(db: sqlite3.Connection) -> Iterator[Line]:
    for desk in desks.all_desks(db):
        rows = db.execute("SELECT entry FROM ledger WHERE desk = ? ORDER BY seq", (desk.desk,))
        report = verify_chain((bytes(row["entry"]) for row in rows), VerifyKey(desk.public_key))
        problem = "; ".join(p.message for p in report.problems[:3])
        if not problem and report.last_seq != desk.head_seq:
            problem = f"{report.entries} entries to {report.last_seq}; the catalogue says {desk.head_seq}"
        yield Line(f"ledger {desk.desk}", problem)


def _objects(settings: VaultSettings, db: sqlite3.Connection) -> Iterator[Line]:
    store, key = FilesystemStore(layout(settings).objects), SigningKey.load(settings.signing_key_path).public
    for row in db.execute("SELECT * FROM recordings ORDER BY desk, seq"):
        held = Recording(**row)
        yield Line(f"{held.desk}/{held.seq}", _wrong(store, key, held))


def _wrong(store: FilesystemStore, key: VerifyKey, held: Recording) -> str:
    call = CallId(held.desk, held.seq)
    try:
        receipt = Receipt.verify(held.receipt, key)
        digest = store.sha256(call)
    except (EvidenceError, ObjectError) as error:
        return str(error)
    if (receipt.call, receipt.sha256) != (str(call), held.sha256):
        return "the receipt is about something else"
    return "" if digest == held.sha256 else f"sha256 is {digest}, was {held.sha256}"

"""The evidence of one call as a zip: sealed recording, ledger, receipt, and how to verify them elsewhere."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

from firmware.evidence.ids import recording_name
from sync.vault.catalogue import ledger, recordings
from sync.vault.catalogue.calls import Call
from sync.vault.catalogue.ledger import Stored
from sync.vault.catalogue.recordings import Recording
from sync.vault.services import Services

CHUNK = 262_144
WHOLE_CHAIN = 50_000  # entries (about 30 MB): a longer ledger is given from the call's own off_hook on
PAGE = 5_000

_READ_ME = """\
Evidence of call {call}, from vault {vault}.

  {name}    the recording as it was sealed at the desk; SHA-256 {sha256}
  ledger.sqlite3{pad}the desk's ledger, entries {first} to {last}, byte for byte, to a signed checkpoint
  ledger.jsonl{pad}  the same as text, one entry a line
  {receipt}    this vault's receipt, a compact JWS

To verify, on any machine with Python (pip install offhook):

  offhook verify {name} ledger.sqlite3 {receipt} --desk-key {desk_key} --vault-key {vault}={vault_key}

Compare these two keys (Ed25519, base64) with those that the owners of desk and vault name:

  desk  {desk_key}
  vault {vault_key}
"""


class _Sink(io.RawIOBase):
    """What zipfile writes, to be taken in pieces: nothing is held but the piece at hand."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # RawIOBase hands over any buffer
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def chain_of(services: Services, call: Call, held: Recording) -> list[Stored]:
    """From entry 1 (or the call's off_hook, when that is far) to the checkpoint behind its receipts."""
    reader = services.catalogue.reader
    told = [replica.ledger_seq for replica in recordings.replicas(reader, call.call)]
    behind = max([call.recording_seq or call.seq, *told])
    row = reader.execute(
        "SELECT seq FROM ledger WHERE desk = ? AND kind = 'checkpoint' AND seq > ? ORDER BY seq LIMIT 1",
        (held.desk, behind),
    ).fetchone()
    last = row["seq"] if row else behind
    first = 1 if last <= WHOLE_CHAIN else call.seq
    found: list[Stored] = []
    while first <= last and (page := ledger.entries(reader, call.desk, first=first, last=last, limit=PAGE)):
        found += page
        first = page[-1].seq + 1
    return found


def chunks(
    services: Services, call: Call, held: Recording, chain: list[Stored], desk_key: str
) -> Iterator[bytes]:
    """The zip in pieces; blocks (iterate in a thread)."""
    name, receipt = recording_name(call.seq), f"{call.seq:012d}.{services.settings.vault.name}.jws"
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _read_me(services, call, held, chain, desk_key, name, receipt))
        archive.writestr(receipt, held.receipt)
        archive.writestr("ledger.jsonl", b"".join(stored.entry + b"\n" for stored in chain))
        archive.writestr("ledger.sqlite3", _store(chain))
        yield sink.take()
        with services.objects.open(call.call) as source:
            yield from _copied(archive, sink, source, name)
    yield sink.take()


def _copied(archive: zipfile.ZipFile, sink: _Sink, source: BinaryIO, name: str) -> Iterator[bytes]:
    """Sealed bytes do not compress: stored as they are."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_STORED
    with archive.open(entry, "w", force_zip64=True) as target:
        while data := source.read(CHUNK):
            target.write(data)
            yield sink.take()


def _store(chain: list[Stored]) -> bytes:
    """An SQLite file with the table that `offhook verify` reads."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE ledger (seq INTEGER PRIMARY KEY, kind TEXT, at TEXT, entry BLOB)")
        rows = ((stored.seq, stored.kind, stored.at, stored.entry) for stored in chain)
        db.executemany("INSERT INTO ledger (seq, kind, at, entry) VALUES (?, ?, ?, ?)", rows)
        db.commit()
        return db.serialize()


def _read_me(
    services: Services,
    call: Call,
    held: Recording,
    chain: list[Stored],
    desk_key: str,
    name: str,
    receipt: str,
) -> str:
    return _READ_ME.format(
        call=call.call,
        vault=services.settings.vault.name,
        name=name,
        receipt=receipt,
        sha256=held.sha256,
        first=chain[0].seq if chain else 0,
        last=chain[-1].seq if chain else 0,
        pad="      ",
        desk_key=desk_key,
        vault_key=services.signing_key.public.base64,
    )

"""Looking at evidence that is handed in as bytes: facts, no judgement, no files."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from firmware.evidence.chain import ChainAudit
from firmware.evidence.entry import MAX_ENTRY_BYTES, Entry
from firmware.evidence.errors import EvidenceError, FormatError, NoSealError
from firmware.evidence.facts import Contents, LedgerFacts, ReceiptFacts, RecordingFacts, VaultKey
from firmware.evidence.fields import array, parts, text
from firmware.evidence.jws import parse_jws
from firmware.evidence.keys import ArchivePrivateKey, VerifyKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.recording import EndFrame, parse_frame, skim_frame
from firmware.evidence.timeline import Timeline
from firmware.evidence.unsealing import FrameUnsealer
from firmware.evidence.walking import FrameWalker

LedgerRow = tuple[object, object, object, object]  # seq, kind, at, entry


def look_at_recording(
    chunks: Iterable[bytes],
    *,
    path: str,
    name: str,
    key: ArchivePrivateKey | None,
    progress: Callable[[int], None],
    growing: bool = False,
) -> RecordingFacts:
    """Hash and walk every byte, and open every frame when there is a key; one pass, any size."""
    digest, walker, size, fault = hashlib.sha256(), FrameWalker(), 0, ""
    opening = _Opening(key) if key else None
    for data in chunks:
        size += len(data)
        digest.update(data)
        if not fault:
            try:
                walker.feed(data)
            except FormatError as error:
                fault = str(error)
        if opening:
            opening.feed(data)
        progress(len(data))
    if walker.header is None and not fault:
        fault = "the file ends within the header"
    return RecordingFacts(
        path=path,
        name=name,
        size=size,
        sha256=digest.hexdigest(),
        header=walker.header,
        frames=walker.frames,
        torn_bytes=walker.torn_bytes,
        fault=fault,
        contents=opening.contents() if opening else None,
        growing=growing,
    )


class _Opening:
    """Opens as long as all is well, then remembers why it stopped."""

    def __init__(self, key: ArchivePrivateKey) -> None:
        self._key_id = key.public.key_id
        self._unsealer = FrameUnsealer(key)
        self._timeline: Timeline | None = None
        self._end: EndFrame | None = None
        self._frames = 0
        self._fault = ""
        self._foreign = False

    def feed(self, data: bytes) -> None:
        if self._fault:
            return
        try:
            plaintexts = self._unsealer.feed(data)
            if self._timeline is None and self._unsealer.header is not None:
                self._timeline = Timeline(self._unsealer.header.audio)
            for plaintext in plaintexts:
                self._take(plaintext, cast("Timeline", self._timeline))  # no frame comes before the header
        except EvidenceError as error:
            self._fault, self._foreign = str(error), isinstance(error, NoSealError)

    def _take(self, plaintext: bytes, timeline: Timeline) -> None:
        """Opus packets need not be cut out to be counted: that is half of the time of looking."""
        frame = skim_frame(plaintext) if timeline.audio.codec == "opus" else parse_frame(plaintext)
        self._frames += 1
        timeline.take(frame)
        if isinstance(frame, EndFrame):
            self._end = frame

    def contents(self) -> Contents:
        if not self._fault:
            try:
                self._unsealer.finish()
            except EvidenceError as error:
                self._fault = str(error)
        timeline = self._timeline
        return Contents(
            key=self._key_id,
            foreign=self._foreign,
            frames=self._frames,
            complete=self._end is not None,
            ended_by=text(self._end.summary["ended_by"]) if self._end else "",
            samples=timeline.samples if timeline else 0,
            gaps=timeline.gaps if timeline else 0,
            lost_samples=timeline.lost_samples if timeline else 0,
            fault=self._fault,
        )


class LedgerLook:
    """Takes one desk's ledger row by row."""

    def __init__(self, *, path: str, key: VerifyKey | None) -> None:
        self._path = path
        self._key_given = key is not None
        self._audit = ChainAudit(key)
        self._recordings: dict[str, Entry] = {}
        self._pruned: dict[str, int] = {}  # by call, the first entry that says so
        self._receipted: dict[str, int] = {}
        self._vaults: dict[tuple[str, str], VaultKey] = {}
        self._hashes: dict[int, bytes] = {}

    def take(self, row: LedgerRow) -> None:
        """`entry` None stands for one above MAX_ENTRY_BYTES, which was not read."""
        seq, kind, at, data = row
        if not isinstance(data, bytes):
            number = seq if isinstance(seq, int) else 0
            self._audit.note("entry", number, f"row {seq}: no bytes, or more than {MAX_ENTRY_BYTES} of them")
            return
        entry = self._audit.take(data)
        if entry is None:
            return
        if (entry.seq, entry.kind, entry.at) != (seq, kind, at):
            self._audit.note("row", entry.seq, f"entry {entry.seq}: the store's columns say otherwise")
        self._hashes[entry.seq] = bytes.fromhex(entry.hash[:32])
        self._remember(entry)

    def facts(self, fault: str = "") -> LedgerFacts:
        report = self._audit.report()
        return LedgerFacts(
            path=self._path,
            report=report,
            key_given=self._key_given,
            fault=fault,
            recordings=self._recordings,
            pruned=frozenset(self._excused(report.signed_seq)),
            vault_keys=self._vaults,
            hashes=self._hashes,
        )

    def _excused(self, signed_seq: int) -> Iterator[str]:
        """Calls whose recording may be gone: the signed part says so, or says at least that a vault has it.

        Anybody can hang a `pruned` entry on a chain's unsigned end.
        """
        for call, seq in self._pruned.items():
            if not signed_seq or min(seq, self._receipted.get(call, seq)) < signed_seq:
                yield call

    def _remember(self, entry: Entry) -> None:
        match entry.kind:
            case "recording":
                self._recordings.setdefault(
                    text(entry.body["call"]), entry
                )  # of two, the later is the odd one
            case "pruned":
                self._pruned.setdefault(text(entry.body["call"]), entry.seq)
            case "receipt":
                self._receipted.setdefault(text(entry.body["call"]), entry.seq)
            case "enrolled":
                for vault in array(entry.body["vaults"]):
                    fields = parts(vault)
                    key = VerifyKey.from_base64(text(fields["public_key"]))
                    self._vaults.setdefault((text(fields["name"]), key.key_id), VaultKey(key, entry.seq))


def look_at_receipt(data: bytes, *, path: str) -> ReceiptFacts:
    """A receipt file: one compact JWS, with at most one LF behind it."""
    body = data.removesuffix(b"\n")
    digest = hashlib.sha256(body).hexdigest()
    try:
        jws = parse_jws(body.decode("ascii"))
        receipt = Receipt.of(jws.payload)
    except (EvidenceError, UnicodeDecodeError) as error:
        return ReceiptFacts(path=path, sha256=digest, jws=None, receipt=None, fault=str(error))
    return ReceiptFacts(path=path, sha256=digest, jws=jws, receipt=receipt)

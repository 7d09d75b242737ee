"""What proves a call, checked anew at every look: bytes, chain, signature, receipts, sound."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from firmware.evidence.chain import ChainError, ChainWalker
from firmware.evidence.entry import Entry
from firmware.evidence.errors import EvidenceError
from firmware.evidence.facts import RecordingFacts
from firmware.evidence.ids import CallId, recording_name
from firmware.evidence.keys import VerifyKey
from firmware.evidence.looking import look_at_recording
from firmware.evidence.receipt import Receipt
from firmware.evidence.recording import Header
from firmware.evidence.walking import read_chunks
from sync.vault.catalogue import desks, ledger, recordings
from sync.vault.catalogue.calls import Call
from sync.vault.catalogue.ledger import Stored
from sync.vault.clock import now
from sync.vault.services import Services

Verdict = Literal["good", "bad", "open"]


@dataclass(frozen=True, slots=True)
class Check:
    """`name` and `said` are keys of texts (check.*, said.*); `values` fill `said`. "open": not known yet."""

    name: str
    verdict: Verdict
    said: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A vault's receipt. `jws` "" when only its hash, in the desk's ledger, is here."""

    vault: str
    jws: str
    sha256: str
    stored_at: str
    ledger_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`entry` is the call's `recording` entry; `closing` the signed checkpoint behind it."""

    checked_at: str
    checks: tuple[Check, ...]
    entry: Stored | None
    entry_text: str
    closing: Stored | None
    entries: int
    desk_key: str
    header: Header | None
    facts: RecordingFacts | None
    receipts: tuple[ReceiptLine, ...]

    @property
    def verdict(self) -> Verdict:
        found = {check.verdict for check in self.checks}
        return "bad" if "bad" in found else "open" if "open" in found else "good"


async def prove(services: Services, call: Call) -> Proof:
    """Reads and hashes the whole object; opens it too where this vault has the key."""
    reader, which = services.catalogue.reader, call.call
    chain = ledger.proof(reader, which)
    desk = desks.desk(reader, call.desk)
    key = VerifyKey(desk.public_key) if desk else None
    entry = next((one for one in chain if one.seq == call.recording_seq), None)
    closing = chain[-1] if chain and chain[-1].kind == "checkpoint" else None
    facts = await asyncio.to_thread(_facts, services, which) if call.stored_at else None
    lines = tuple(_receipts(services, which))
    checks = [*_bytes(call, facts), *_chain(chain, key, entry, closing), *_receipt(services, call, lines)]
    return Proof(
        checked_at=now(),
        checks=(*checks, *_sound(call, facts)),
        entry=entry,
        entry_text=entry.entry.decode() if entry else "",
        closing=closing,
        entries=len(chain),
        desk_key=key.key_id if key else "",
        header=facts.header if facts else None,
        facts=facts,
        receipts=lines,
    )


def _facts(services: Services, call: CallId) -> RecordingFacts:
    """Blocks. The same look that `offhook verify` takes; with the first key that is one of its seals'."""
    with services.objects.open(call) as file:
        for key in (*services.audio_keys, None):
            file.seek(0)
            facts = look_at_recording(
                read_chunks(file),
                path=str(call),
                name=recording_name(call.seq),
                key=key,
                progress=lambda _: None,
            )
            if facts.contents is None or not facts.contents.foreign:
                break
    return facts


def _bytes(call: Call, facts: RecordingFacts | None) -> Iterator[Check]:
    if facts is None:
        yield Check("bytes", "open", "bytes_missing", {})
        return
    same = (facts.sha256, facts.size, facts.frames) == (call.sha256, call.size, call.frames)
    values = {"sha256": facts.sha256, "size": facts.size, "frames": facts.frames}
    if same and not facts.fault and not facts.torn_bytes:
        yield Check("bytes", "good", "bytes_good", values)
    else:
        yield Check("bytes", "bad", "bytes_bad", {**values, "ledger": call.sha256, "fault": facts.fault})


def _chain(
    chain: list[Stored], key: VerifyKey | None, entry: Stored | None, closing: Stored | None
) -> Iterator[Check]:
    if entry is None:
        yield Check("entry", "open", "entry_missing", {})
    else:
        yield Check("entry", "good", "entry_good", {"seq": entry.seq, "hash": entry.hash})
    broken = _walk(chain, key)
    ends = {"first": chain[0].seq, "last": chain[-1].seq} if chain else {"first": 0, "last": 0}
    if broken:
        yield Check("chain", "bad", "chain_bad", {"fault": broken})
        return
    yield Check("chain", "good", "chain_good", ends)
    if closing is None:
        yield Check("signature", "open", "signature_open", {})
    elif key is not None:
        yield Check("signature", "good", "signature_good", {"seq": closing.seq, "key": key.key_id})


def _walk(chain: list[Stored], key: VerifyKey | None) -> str:
    """Why this piece of chain does not verify; "" when it does, to the last signature."""
    if not chain:
        return ""
    try:
        first = Entry.parse(chain[0].entry)
        walker = ChainWalker(desk=first.desk, seq=first.seq - 1, head=first.prev, key=key)
        for stored in chain:
            if walker.take(stored.entry).hash != stored.hash:
                return f"entry {stored.seq}: the bytes are not those that were stored"
    except (ChainError, EvidenceError) as error:
        return str(error)
    return ""


def _receipts(services: Services, call: CallId) -> Iterator[ReceiptLine]:
    """Our own receipt, then those of other vaults as the desk has entered them."""
    reader, vault = services.catalogue.reader, services.settings.vault.name
    held, told = recordings.recording(reader, call), recordings.replicas(reader, call)
    entered = {replica.vault: replica.ledger_seq for replica in told}
    if held is not None:
        yield ReceiptLine(vault, held.receipt, held.receipt_sha256, held.stored_at, entered.get(vault))
    for replica in told:
        if replica.vault != vault or held is None:
            yield ReceiptLine(replica.vault, "", replica.receipt_sha256, "", replica.ledger_seq)


def _receipt(services: Services, call: Call, lines: tuple[ReceiptLine, ...]) -> Iterator[Check]:
    own = next((line for line in lines if line.jws), None)
    if own is None:
        yield Check("receipt", "open", "receipt_open", {})
        return
    try:
        receipt = Receipt.verify(own.jws, services.signing_key.public)
    except EvidenceError as error:
        yield Check("receipt", "bad", "receipt_bad", {"fault": str(error)})
        return
    same = (receipt.sha256, receipt.call) == (call.sha256, str(call.call))
    others = ", ".join(line.vault for line in lines if not line.jws)
    said = ("receipt_good" if others else "receipt_alone") if same else "receipt_bad"
    fault = "" if same else "it states another hash or call"
    values = {"vault": own.vault, "others": others, "fault": fault}
    yield Check("receipt", "good" if same else "bad", said, values)


def _sound(call: Call, facts: RecordingFacts | None) -> Iterator[Check]:
    if facts is None:
        return
    contents = facts.contents
    if contents is None or contents.foreign:
        yield Check("sound", "open", "sound_sealed", {})
        return
    same = (contents.samples, contents.gaps, contents.lost_samples) == (
        call.samples, call.gaps, call.lost_samples,
    )  # fmt: skip
    values = {"frames": contents.frames, "key": contents.key, "gaps": contents.gaps, "fault": contents.fault}
    if contents.fault or not (same or not contents.complete):
        yield Check("sound", "bad", "sound_bad", values)
    elif not contents.complete:
        yield Check("sound", "good", "sound_interrupted", values)
    else:
        yield Check("sound", "good", "sound_gaps" if contents.gaps else "sound_good", values)

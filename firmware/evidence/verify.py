"""The verifier: judges what was looked at together. Pure; `gather` fetches, `looking` looks.

Rules for a recording, in this order:

1. Its intro is a version 1 header in canonical form.
2. Its frame lengths walk to its end; what is torn behind the last whole frame is said.
3. Its file name, when it is a recording's, is that of the call in its header.
4. The ledger of its desk, when given, has a `recording` entry for the call, with this SHA-256, this size
   and this number of frames.
5. Every receipt for the call that is given with it states the same.
6. With a key: every frame opens in its place and nothing follows the end frame.
7. With a key: the frames tell one timeline without a hole, and the end frame's summary says the same.
8. With a key: samples, gaps and lost samples are those of the ledger entry.

Rules for a ledger: those of `chain`, then

9. Every off-hook is accounted for: a `recording` or a `not_recorded` entry names it.
10. In a folder: every recording that the ledger names, and has not pruned, is there.

Rules for a receipt:

11. It is a canonical JWS that states a receipt.
12. Its signature is by a vault key that was given, or that the desk's ledger enrolled under that name.
13. The ledger's `recording` entry for the call, when given, states the same.

A rule that cannot be applied (no key, no ledger) is reported as not checked, never as passed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from firmware.evidence.entry import Entry
from firmware.evidence.errors import FormatError, SignatureError
from firmware.evidence.facts import Bundle, LedgerFacts, OtherFacts, ReceiptFacts, RecordingFacts
from firmware.evidence.ids import parse_call, parse_recording_name
from firmware.evidence.keys import VerifyKey
from firmware.evidence.receipt import Receipt

SHOWN = 5  # problems of one kind that are told one by one; the rest are counted


class Severity(IntEnum):
    GOOD = 0
    NOTICE = 1
    WRONG = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the sentence in `texts`; `values` fill it."""

    code: str
    severity: Severity
    values: dict[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the answer. `whole`: "yes", "no", "interrupted" or "unknown"."""

    path: str
    what: str  # "recording", "ledger", "receipt", "other"
    subject: str  # call or desk, "" when unknown
    whole: str
    signed_by: tuple[str, ...]
    sha256: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Severity:
        return max((finding.severity for finding in self.findings), default=Severity.GOOD)


def good(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.GOOD, values)


def notice(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.NOTICE, values)


def wrong(code: str, **values: str | int) -> Finding:
    return Finding(code, Severity.WRONG, values)


def judge(bundle: Bundle) -> list[Row]:
    """A row for each thing that was looked at, in the order: ledgers, recordings, receipts, others."""
    case = Case(bundle)
    return [
        *(case.ledger(facts) for facts in bundle.ledgers),
        *(case.recording(facts) for facts in bundle.recordings),
        *(case.receipt(facts) for facts in bundle.receipts),
        *(_other(facts) for facts in bundle.others),
    ]


class Case:
    """The bundle with its cross-references: who states what about which call."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._desks = {facts.report.desk for facts in bundle.ledgers}
        self._entries: dict[str, tuple[LedgerFacts, Entry]] = {}
        for ledger in reversed(bundle.ledgers):  # the first one given wins
            self._entries.update({call: (ledger, entry) for call, entry in ledger.recordings.items()})
        self._receipts: dict[str, list[ReceiptFacts]] = {}
        for receipt in bundle.receipts:
            if receipt.receipt:
                self._receipts.setdefault(receipt.receipt.call, []).append(receipt)
        self._held = {facts.header.call for facts in bundle.recordings if facts.header}

    def recording(self, facts: RecordingFacts) -> Row:
        findings: list[Finding] = []
        signed: list[str] = []
        if facts.header is None:
            findings.append(wrong("not_a_recording", fault=facts.fault))
        else:
            findings += _structure(facts)
            findings += self._against_ledger(facts, facts.header.call, signed)
            findings += self._against_receipts(facts, facts.header.call, signed)
            findings += _contents(facts)
            if not signed:
                findings.append(notice("nothing_signed"))
        return Row(
            path=facts.path,
            what="recording",
            subject=facts.header.call if facts.header else "",
            whole=_wholeness(facts, self._entries.get(facts.header.call) if facts.header else None),
            signed_by=tuple(signed),
            sha256=facts.sha256,
            findings=tuple(findings),
        )

    def ledger(self, facts: LedgerFacts) -> Row:
        report = facts.report
        findings = [wrong("ledger_unreadable", fault=facts.fault)] if facts.fault else []
        if not report.entries and not facts.fault:
            findings.append(wrong("ledger_empty"))
        problems = [wrong("chain_broken", rule=p.rule, fault=p.message) for p in report.problems]
        findings += _shown(problems, "chain_more")
        if report.entries and not report.problems:
            findings.append(good("chain_whole", entries=report.entries, head=report.head))
        findings += [notice("chain_restarted", seq=r.seq, head=r.broken_head) for r in report.restarts]
        findings += _signatures(facts)
        if report.unaccounted:
            calls = ", ".join(str(seq) for seq in report.unaccounted[:SHOWN])
            findings.append(wrong("unaccounted", calls=calls, count=len(report.unaccounted)))
        findings += self._missing(facts)
        return Row(
            path=facts.path,
            what="ledger",
            subject=report.desk,
            whole="no" if facts.fault or report.problems or not report.entries else "yes",
            signed_by=(report.signed_by,) if report.checkpoints else (),
            sha256=report.head if report.entries else "",
            findings=tuple(findings),
        )

    def receipt(self, facts: ReceiptFacts) -> Row:
        receipt, findings = facts.receipt, list[Finding]()
        signer = ""
        if receipt is None:
            findings.append(wrong("receipt_malformed", fault=facts.fault))
        else:
            signature = self._signature(facts)
            signer = receipt.vault if signature.severity is not Severity.WRONG else ""
            findings.append(signature)
            findings += self._receipt_against_ledger(receipt)
            if receipt.call not in self._held:
                findings.append(notice("receipt_alone", call=receipt.call))
        return Row(
            path=facts.path,
            what="receipt",
            subject=receipt.call if receipt else "",
            whole="yes" if receipt else "no",
            signed_by=(signer,) if signer else (),
            sha256=receipt.sha256 if receipt else facts.sha256,
            findings=tuple(findings),
        )

    def _against_ledger(self, facts: RecordingFacts, call: str, signed: list[str]) -> list[Finding]:
        if call not in self._entries:
            if parse_call(call).desk not in self._desks:
                return []
            if facts.growing:
                return [notice("still_growing", call=call)]
            return [wrong("not_in_ledger", call=call)]  # anyone can seal to a public key
        ledger, entry = self._entries[call]
        stated = {"sha256": facts.sha256, "size": facts.size, "frames": facts.frames}
        if facts.contents and facts.contents.complete and not facts.contents.fault:
            opened = facts.contents
            stated |= {"samples": opened.samples, "gaps": opened.gaps, "lost_samples": opened.lost_samples}
        differs = [name for name, value in stated.items() if entry.body[name] != value]
        if differs:
            return [wrong("ledger_differs", call=call, seq=entry.seq, fields=", ".join(differs))]
        if entry.seq >= ledger.report.signed_seq or ledger.report.problems:
            return [notice("ledger_unsigned", seq=entry.seq, desk=entry.desk)]
        signed.append(entry.desk)
        return [good("ledger_agrees", seq=entry.seq, desk=entry.desk, key=ledger.report.signed_by)]

    def _against_receipts(self, facts: RecordingFacts, call: str, signed: list[str]) -> list[Finding]:
        findings = []
        for other in self._receipts.get(call, []):
            receipt = other.receipt
            if receipt is None or self._signature(other).severity is not Severity.GOOD:
                continue  # said in the receipt's own row
            differs = _receipt_differences(receipt, facts.sha256, facts.size, facts.frames)
            if differs:
                findings.append(wrong("receipt_differs", vault=receipt.vault, fields=differs))
            elif receipt.vault not in signed:
                signed.append(receipt.vault)
                findings.append(good("receipt_agrees", vault=receipt.vault, at=receipt.stored_at))
        return findings

    def _signature(self, facts: ReceiptFacts) -> Finding:
        """Rule 12."""
        jws, receipt = facts.jws, facts.receipt
        if jws is None or receipt is None:
            raise FormatError("a receipt that does not parse has no signature to look at")
        key, source = self._vault_key(jws.kid, receipt)
        if key is None:
            told = wrong if self._bundle.vault_keys else notice
            return told("receipt_key_unknown", vault=receipt.vault, key=jws.kid)
        name = self._bundle.vault_names.get(jws.kid, "")
        if name and name != receipt.vault:
            return wrong("receipt_other_vault", vault=receipt.vault, name=name)
        try:
            jws.verify(key)
        except SignatureError as error:
            return wrong("receipt_forged", vault=receipt.vault, fault=str(error))
        return good(f"receipt_signed_{source}", vault=receipt.vault, key=jws.kid, at=receipt.stored_at)

    def _vault_key(self, kid: str, receipt: Receipt) -> tuple[VerifyKey | None, str]:
        """A key that was given counts before one that the desk's ledger enrolled."""
        if kid in self._bundle.vault_keys:
            return self._bundle.vault_keys[kid], "given"
        desk = parse_call(receipt.call).desk
        for ledger in self._bundle.ledgers:
            key = ledger.vault_keys.get(receipt.vault)
            if ledger.report.desk == desk and key is not None and key.key_id == kid:
                return key, "enrolled"
        return None, ""

    def _receipt_against_ledger(self, receipt: Receipt) -> list[Finding]:
        if receipt.call not in self._entries:
            return []
        _, entry = self._entries[receipt.call]
        body = entry.body
        differs = _receipt_differences(receipt, body["sha256"], body["size"], body["frames"])
        if differs:
            return [wrong("receipt_contradicts", seq=entry.seq, fields=differs)]
        return [good("receipt_matches_ledger", seq=entry.seq)]

    def _missing(self, facts: LedgerFacts) -> list[Finding]:
        """Rule 10."""
        missing = [call for call in facts.recordings if call not in self._held and call not in facts.pruned]
        if not missing:
            return []
        if not self._bundle.folders:
            return [notice("recordings_not_given", count=len(missing))]
        return _shown([wrong("recording_missing", call=call) for call in missing], "missing_more")


def _structure(facts: RecordingFacts) -> list[Finding]:
    """Rules 1 to 3."""
    findings = []
    if facts.fault:
        findings.append(wrong("structure_broken", fault=facts.fault))
    elif facts.torn_bytes:
        findings.append(notice("torn", bytes=facts.torn_bytes, frames=facts.frames))
    else:
        findings.append(good("structure_whole", frames=facts.frames))
    try:
        named = parse_recording_name(facts.name)
    except FormatError:
        return findings  # an export or a copy may be called as one likes
    call = facts.header.call if facts.header else ""
    if named != parse_call(call).seq:
        findings.append(wrong("name_differs", name=facts.name, call=call))
    return findings


def _contents(facts: RecordingFacts) -> list[Finding]:
    """Rules 6 and 7."""
    contents = facts.contents
    if contents is None:
        return [good("not_opened")]
    if contents.foreign:
        return [notice("sealed_to_others", key=contents.key)]
    if contents.fault:
        return [wrong("contents_wrong", frames=contents.frames, fault=contents.fault)]
    rate = facts.header.audio.rate_hz if facts.header else 1
    seconds = f"{contents.samples / rate:.1f}"
    if not contents.complete:
        return [notice("interrupted", frames=contents.frames, seconds=seconds)]
    findings = [good("opened", frames=contents.frames, seconds=seconds, ended_by=contents.ended_by)]
    if contents.gaps:
        lost = f"{contents.lost_samples / rate:.3f}"
        findings.append(notice("gaps", gaps=contents.gaps, seconds=lost))
    return findings


def _wholeness(facts: RecordingFacts, stated: tuple[LedgerFacts, Entry] | None) -> str:
    """Only who opens it sees the end frame; without a key the hash in the ledger must do."""
    if facts.header is None or facts.fault or (stated and stated[1].body["sha256"] != facts.sha256):
        return "no"
    contents = facts.contents
    if contents is None or contents.foreign:
        return "interrupted" if facts.torn_bytes else "yes" if stated else "unknown"
    if contents.fault:
        return "no"
    return "yes" if contents.complete else "interrupted"


def _signatures(facts: LedgerFacts) -> list[Finding]:
    report = facts.report
    if not report.entries:
        return []
    if not report.checkpoints:
        return [notice("ledger_not_signed")]
    code = "ledger_signed_given" if facts.key_given else "ledger_signed_itself"
    told = good if facts.key_given else notice
    findings = [told(code, seq=report.signed_seq, key=report.signed_by, at=report.last_at)]
    if report.last_seq > report.signed_seq:
        findings.append(notice("unsigned_tail", count=report.last_seq - report.signed_seq))
    return findings


def _receipt_differences(receipt: Receipt, sha256: object, size: object, frames: object) -> str:
    stated = {
        "sha256": (receipt.sha256, sha256),
        "size": (receipt.size, size),
        "frames": (receipt.frames, frames),
    }
    return ", ".join(name for name, (ours, theirs) in stated.items() if ours != theirs)


def _shown(findings: Iterable[Finding], more: str) -> list[Finding]:
    every = list(findings)
    rest = len(every) - SHOWN
    return [*every[:SHOWN], *([wrong(more, count=rest)] if rest > 0 else [])]


def _other(facts: OtherFacts) -> Row:
    return Row(
        path=facts.path,
        what="other",
        subject="",
        whole="unknown",
        signed_by=(),
        sha256="",
        findings=(wrong("not_evidence", fault=facts.fault),),
    )

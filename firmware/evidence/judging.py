"""The rules of `verify`, applied to a recording, a ledger, a receipt."""

from firmware.evidence.case import Case, confirmed
from firmware.evidence.errors import FormatError
from firmware.evidence.facts import LedgerFacts, OtherFacts, ReceiptFacts, RecordingFacts
from firmware.evidence.ids import parse_call, parse_recording_name
from firmware.evidence.receipt import Receipt
from firmware.evidence.recording import Header
from firmware.evidence.verdict import (
    SHOWN,
    Finding,
    Row,
    Severity,
    good,
    not_checked,
    notice,
    shown,
    unconfirmed,
    wrong,
)


def judge_recording(case: Case, facts: RecordingFacts) -> Row:
    if facts.header is None:
        findings, signed = [wrong("not_a_recording", fault=facts.fault)], Signers()
    else:
        signed = Signers()
        findings = [
            *_structure(facts, facts.header),
            *_against_ledger(case, facts, facts.header.call, signed),
            *_against_receipts(case, facts, facts.header.call, signed),
            *_contents(facts, facts.header),
        ]
        findings += signed.findings(facts)
    return Row(
        path=facts.path,
        what="recording",
        subject=facts.header.call if facts.header else "",
        whole=_wholeness(case, facts),
        signed_by=tuple(signed.names),
        sha256=facts.sha256,
        findings=tuple(findings),
    )


def judge_ledger(case: Case, facts: LedgerFacts) -> Row:
    report = facts.report
    findings = [wrong("ledger_unreadable", fault=facts.fault)] if facts.fault else []
    if not report.entries and not facts.fault:
        findings.append(wrong("ledger_empty"))
    broken = (wrong("chain_broken", rule=p.rule, fault=p.message) for p in report.problems)
    findings += shown(broken, "chain_more")
    if report.entries and not report.problems:
        findings.append(good("chain_whole", entries=report.entries, head=report.head))
    findings += [notice("chain_restarted", seq=r.seq, head=r.broken_head) for r in report.restarts]
    findings += _ledger_signatures(facts)
    findings += _against_other_ledgers(case, facts)
    if report.unaccounted:
        calls = ", ".join(str(seq) for seq in report.unaccounted[:SHOWN])
        findings.append(wrong("unaccounted", calls=calls, count=len(report.unaccounted)))
    if report.running:
        findings.append(notice("call_running", seq=report.running))
    findings += _missing(case, facts)
    return Row(
        path=facts.path,
        what="ledger",
        subject=report.desk,
        whole="no" if facts.fault or report.problems or not report.entries else "yes",
        signed_by=(report.signed_by,) if report.checkpoints else (),
        sha256=report.head if report.entries else "",
        findings=tuple(findings),
    )


def judge_receipt(case: Case, facts: ReceiptFacts) -> Row:
    if facts.receipt is None or facts.jws is None:
        return Row(
            path=facts.path,
            what="receipt",
            subject="",
            whole="no",
            signed_by=(),
            sha256=facts.sha256,
            findings=(wrong("receipt_malformed", fault=facts.fault),),
        )
    receipt = facts.receipt
    signature = case.signature(facts.jws, receipt)
    findings = [signature, *_receipt_against_ledger(case, receipt)]
    if receipt.call not in case.held:
        findings.append(notice("receipt_alone", call=receipt.call))
    return Row(
        path=facts.path,
        what="receipt",
        subject=receipt.call,
        whole="yes",
        signed_by=(receipt.vault,) if signature.code.startswith("receipt_signed") else (),
        sha256=receipt.sha256,
        findings=tuple(findings),
    )


def judge_other(facts: OtherFacts) -> Row:
    return Row(
        path=facts.path,
        what="other",
        subject="",
        whole="unknown",
        signed_by=(),
        sha256="",
        findings=(Finding("not_evidence", Severity.NOT_LOOKED_AT, {"fault": facts.fault}),),
    )


class Signers:
    """Who has signed for a recording's bytes, and whether any of them is known by a key from outside."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.contradicted = False
        self._confirmed = False

    def add(self, name: str, *, confirmed: bool) -> None:
        if name not in self.names:
            self.names.append(name)
        self._confirmed |= confirmed

    def findings(self, facts: RecordingFacts) -> list[Finding]:
        if self.names:
            return [] if self._confirmed else [unconfirmed("signers_unconfirmed")]
        if self.contradicted:
            return []
        opened = facts.contents is not None and not facts.contents.foreign
        told = [(unconfirmed if opened else not_checked)("nothing_signed")]
        if facts.torn_bytes or (facts.contents and opened and not facts.contents.complete):
            told.append(Finding("incomplete", Severity.INCOMPLETE, {}))
        return told


def _structure(facts: RecordingFacts, header: Header) -> list[Finding]:
    """Rules 1 to 3."""
    if facts.fault:
        findings = [wrong("structure_broken", fault=facts.fault)]
    elif facts.torn_bytes:
        findings = [notice("torn", bytes=facts.torn_bytes, frames=facts.frames)]
    else:
        findings = [good("structure_whole", frames=facts.frames)]
    try:
        named = parse_recording_name(facts.name)
    except FormatError:
        return findings  # a copy may be called as one likes
    if named != parse_call(header.call).seq:
        findings.append(wrong("name_differs", name=facts.name, call=header.call))
    return findings


def _against_ledger(case: Case, facts: RecordingFacts, call: str, signed: Signers) -> list[Finding]:
    """Rules 4 and 8."""
    found = case.entry(call)
    if found is None:
        if parse_call(call).desk not in case.desks:
            return []
        if facts.growing:
            return [notice("still_growing", call=call)]
        signed.contradicted = True
        return [wrong("not_in_ledger", call=call)]  # anyone can seal to a public key
    ledger, entry = found
    stated = {"sha256": facts.sha256, "size": facts.size, "frames": facts.frames}
    if facts.contents and facts.contents.complete and not facts.contents.fault:
        opened = facts.contents
        stated |= {"samples": opened.samples, "gaps": opened.gaps, "lost_samples": opened.lost_samples}
    differs = [name for name, value in stated.items() if entry.body[name] != value]
    if differs:
        signed.contradicted = True
        return [wrong("ledger_differs", call=call, seq=entry.seq, fields=", ".join(differs))]
    if entry.seq >= ledger.report.signed_seq or ledger.report.problems:
        return [notice("ledger_unsigned", seq=entry.seq, desk=entry.desk)]
    signed.add(entry.desk, confirmed=confirmed(ledger))
    return [good("ledger_agrees", seq=entry.seq, desk=entry.desk, key=ledger.report.signed_by)]


def _against_receipts(case: Case, facts: RecordingFacts, call: str, signed: Signers) -> list[Finding]:
    """Rule 5. Receipts whose own signature does not hold are told in their own rows."""
    findings: dict[str, Finding] = {}
    for receipt, signature in case.receipts(call):
        if not signature.code.startswith("receipt_signed"):
            continue
        differs = _differences(receipt, facts.sha256, facts.size, facts.frames)
        if differs:
            signed.contradicted = True
            findings[receipt.vault] = wrong("receipt_differs", vault=receipt.vault, fields=differs)
        else:
            signed.add(receipt.vault, confirmed=signature.severity is Severity.GOOD)
            findings.setdefault(
                receipt.vault,
                good("receipt_agrees", vault=receipt.vault, at=receipt.stored_at),
            )
    return list(findings.values())


def _contents(facts: RecordingFacts, header: Header) -> list[Finding]:
    """Rules 6 and 7."""
    contents = facts.contents
    if contents is None:
        return [notice("not_opened")]
    if contents.foreign:
        return [not_checked("sealed_to_others", key=contents.key)]
    if contents.fault:
        return [wrong("contents_wrong", frames=contents.frames, fault=contents.fault)]
    seconds = f"{contents.samples / header.audio.rate_hz:.1f}"
    findings = [notice("interrupted", frames=contents.frames, seconds=seconds)]
    if contents.complete:
        findings = [good("opened", frames=contents.frames, seconds=seconds, ended_by=contents.ended_by)]
    if contents.gaps:
        lost = f"{contents.lost_samples / header.audio.rate_hz:.3f}"
        findings.append(notice("gaps", gaps=contents.gaps, seconds=lost))
    return findings


def _wholeness(case: Case, facts: RecordingFacts) -> str:
    """Only who opens it sees the end frame; without a key the hash in the ledger must do."""
    if facts.header is None or facts.fault:
        return "no"
    stated = case.entry(facts.header.call)
    if stated and stated[1].body["sha256"] != facts.sha256:
        return "no"
    contents = facts.contents
    if contents is None or contents.foreign:
        if facts.torn_bytes:
            return "interrupted"
        return "yes" if stated else "unknown"
    if contents.fault:
        return "no"
    return "yes" if contents.complete else "interrupted"


def _ledger_signatures(facts: LedgerFacts) -> list[Finding]:
    report = facts.report
    if not report.entries:
        return []
    if not report.checkpoints:
        return [unconfirmed("ledger_not_signed")]
    told = good("ledger_signed_given", seq=report.signed_seq, key=report.signed_by)
    if not facts.key_given:
        told = unconfirmed("ledger_signed_itself", seq=report.signed_seq, key=report.signed_by)
    if report.last_seq > report.signed_seq:
        return [told, notice("unsigned_tail", count=report.last_seq - report.signed_seq)]
    return [told]


def _against_other_ledgers(case: Case, facts: LedgerFacts) -> list[Finding]:
    """Rule 11."""
    findings = []
    for other in case.bundle.ledgers:
        if other is facts or other.report.desk != facts.report.desk:
            continue
        common = facts.hashes.keys() & other.hashes.keys()
        differing = [seq for seq in common if facts.hashes[seq] != other.hashes[seq]]
        if differing:
            findings.append(wrong("ledgers_differ", path=other.path, seq=min(differing)))
        elif common:
            findings.append(good("ledgers_agree", path=other.path, entries=len(common)))
    return findings


def _missing(case: Case, facts: LedgerFacts) -> list[Finding]:
    """Rule 10."""
    missing = [call for call in facts.recordings if call not in case.held and call not in facts.pruned]
    if not missing:
        return []
    if not case.bundle.folders:
        return [notice("recordings_not_given", count=len(missing))]
    return shown((wrong("recording_missing", call=call) for call in missing), "missing_more")


def _receipt_against_ledger(case: Case, receipt: Receipt) -> list[Finding]:
    """Rule 14."""
    found = case.entry(receipt.call)
    if found is None:
        return []
    body, seq = found[1].body, found[1].seq
    differs = _differences(receipt, body["sha256"], body["size"], body["frames"])
    if differs:
        return [wrong("receipt_contradicts", seq=seq, fields=differs)]
    return [good("receipt_matches_ledger", seq=seq)]


def _differences(receipt: Receipt, sha256: object, size: object, frames: object) -> str:
    pairs = {
        "sha256": (receipt.sha256, sha256),
        "size": (receipt.size, size),
        "frames": (receipt.frames, frames),
    }
    return ", ".join(name for name, (ours, theirs) in pairs.items() if ours != theirs)

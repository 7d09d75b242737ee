"""What was looked at together, with its cross-references: who states what about which call."""

from collections.abc import Iterator

from firmware.evidence.entry import Entry
from firmware.evidence.errors import SignatureError
from firmware.evidence.facts import Bundle, LedgerFacts
from firmware.evidence.ids import parse_call
from firmware.evidence.jws import Jws
from firmware.evidence.keys import VerifyKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.verdict import Finding, good, unconfirmed, wrong


class Case:
    """Built once for a bundle; the rules ask it."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.held = {facts.header.call for facts in bundle.recordings if facts.header}
        self.desks = {facts.report.desk for facts in bundle.ledgers}
        self._entries: dict[str, tuple[LedgerFacts, Entry]] = {}
        for ledger in sorted(bundle.ledgers, key=_worth):  # the most trusted last, so that it wins
            self._entries.update({call: (ledger, entry) for call, entry in ledger.recordings.items()})
        self._receipts: dict[str, list[tuple[Receipt, Finding]]] = {}
        for facts in bundle.receipts:
            if facts.receipt and facts.jws:
                signature = self.signature(facts.jws, facts.receipt)
                self._receipts.setdefault(facts.receipt.call, []).append((facts.receipt, signature))

    def entry(self, call: str) -> tuple[LedgerFacts, Entry] | None:
        """The `recording` entry for `call`, of the most trusted ledger that has one."""
        return self._entries.get(call)

    def receipts(self, call: str) -> Iterator[tuple[Receipt, Finding]]:
        """Receipts for `call`, each with what its signature is worth."""
        yield from self._receipts.get(call, ())

    def signature(self, jws: Jws, receipt: Receipt) -> Finding:
        """Rule 13."""
        key, told = self._vault_key(jws.kid, receipt)
        if key is None:
            return told
        try:
            jws.verify(key)
        except SignatureError as error:
            return wrong("receipt_forged", vault=receipt.vault, fault=str(error))
        return told

    def _vault_key(self, kid: str, receipt: Receipt) -> tuple[VerifyKey | None, Finding]:
        """The key to try, and what to say when the signature holds; a key that was given counts first."""
        values: dict[str, str | int] = {"vault": receipt.vault, "key": kid, "at": receipt.stored_at}
        given = self.bundle.vault_keys.get(kid)
        if given is not None:
            name = self.bundle.vault_names.get(kid) or receipt.vault
            if name != receipt.vault:
                return None, wrong("receipt_other_vault", vault=receipt.vault, name=name)
            return given, good("receipt_signed_given", **values)
        desk = parse_call(receipt.call).desk
        for ledger in sorted(self.bundle.ledgers, key=_worth, reverse=True):
            known = ledger.vault_keys.get((receipt.vault, kid))
            if ledger.report.desk == desk and known is not None:
                # Anybody can hang an entry on a chain's unsigned end, and enrol a vault of his own there.
                signed = confirmed(ledger) and known.seq < ledger.report.signed_seq
                told = good if signed else unconfirmed
                return known.key, told("receipt_signed_enrolled", **values)
        told = wrong if self.bundle.vault_keys else unconfirmed
        return None, told("receipt_key_unknown", vault=receipt.vault, key=kid)


def confirmed(ledger: LedgerFacts) -> bool:
    """Signed, unbroken, by a key that came from outside."""
    report = ledger.report
    return ledger.key_given and report.whole and not ledger.fault and report.checkpoints > 0


def _worth(ledger: LedgerFacts) -> tuple[bool, bool, int]:
    return confirmed(ledger), ledger.report.whole, ledger.report.signed_seq

"""Does the ledger verify, every entry of it?"""

from collections.abc import Iterator

from config.desk import DeskSettings
from firmware.cli.examination.item import Item, fail, ok, warn
from firmware.evidence.chain import ChainAudit
from firmware.evidence.errors import EvidenceError
from firmware.evidence.keys import SigningKey, VerifyKey
from firmware.ledger import LedgerError, LedgerReader
from firmware.spool.layout import Layout

KEEP = "Keep the disk as it is: it is evidence. The recorder begins a new chain at its next start"


def examine(settings: DeskSettings) -> Iterator[Item]:
    path = Layout(settings.state_path).ledger
    if not path.exists():
        yield warn("ledger", "chain", f"{path}: there is none yet", "Start the recorder; it makes it")
        return
    audit = ChainAudit(_key(settings))
    try:
        with LedgerReader(path) as reader:
            for raw in reader.since(1):
                audit.take(raw)
    except LedgerError as error:
        yield fail("ledger", "chain", str(error), KEEP)
        return
    report = audit.report()
    for problem in report.problems[:5]:
        yield fail("ledger", "chain", f"entry {problem.seq}: {problem.message}", KEEP)
    if not report.problems:
        signed = f"signed up to {report.signed_seq}" if report.checkpoints else "no checkpoint yet"
        yield ok("ledger", "chain", f"{report.entries} entries verify, {signed}")


def _key(settings: DeskSettings) -> VerifyKey | None:
    """None: the chain is checked by its own word; that the key is missing is told elsewhere."""
    try:
        return SigningKey.load(settings.keys_path / "desk.pem").public
    except EvidenceError:
        return None

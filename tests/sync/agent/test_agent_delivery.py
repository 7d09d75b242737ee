"""A receipt's three steps (file, entry, folder), stopped after any of them; pruning with its entries."""

import hashlib
import os
import time

import pytest
from desk_rig import DeskRig

from firmware.evidence.keys import SigningKey
from firmware.evidence.receipt import Receipt
from firmware.ledger.errors import LedgerBlockedError
from sync.agent.delivery import Delivery, recorded_in
from sync.agent.ports import DeskLedger
from sync.agent.receipts import ReceiptCheck
from sync.agent.scan import Scan
from sync.agent.shelf import Shelf

KEYS = {"a": SigningKey.generate(), "b": SigningKey.generate()}
AT = "2026-11-22T08:00:00.000000Z"


@pytest.fixture
def desk(tmp_path):
    made = DeskRig(tmp_path / "desk", [], required=2)
    yield made
    made.close()


def delivery_of(desk: DeskRig) -> Delivery:
    """As a new process would begin."""
    ledger, shelf = DeskLedger(desk.ledger), Shelf()
    check = ReceiptCheck(
        desk=desk.id,
        keys={name: key.public for name, key in KEYS.items()},
        recorded=lambda seq: recorded_in(ledger, f"{desk.id}/{seq}", seq),
    )
    made = Delivery(
        call_of=lambda seq: f"{desk.id}/{seq}",
        ledger=ledger,
        spool=desk.spool,
        shelf=shelf,
        check=check,
        required=2,
    )
    made.settle()
    Scan(desk.spool.layout, shelf, replicas=KEYS, boot=desk.clock.boot_id, wall_s=time.time).all()
    return made


def receipt(call, vault: str) -> str:
    body = {
        "call": call.call,
        "frames": call.frames,
        "size": len(call.content),
        "stored_at": AT,
        "vault": vault,
    }
    return Receipt(sha256=hashlib.sha256(call.content).hexdigest(), **body).sign(KEYS[vault])


def test_two_receipts_deliver_and_a_repeated_one_changes_nothing(desk):
    call = desk.call().grow().finish()
    delivery = delivery_of(desk)
    assert delivery.take("a", receipt(call, "a")) is True
    assert desk.spool.waiting() == [call.seq]
    assert delivery.take("a", receipt(call, "a")) is False
    assert desk.spool.waiting() == [call.seq]
    assert delivery.take("b", receipt(call, "b")) is True
    assert (desk.spool.waiting(), desk.spool.delivered()) == ([], [call.seq])
    assert desk.kinds().count("receipt") == 2


def test_a_receipt_that_was_stored_before_a_power_cut_is_entered_at_the_next_start(desk):
    call = desk.call().grow().finish()
    for vault in KEYS:
        desk.spool.add_receipt(call.seq, vault, receipt(call, vault).encode())
    delivery_of(desk)
    assert desk.kinds().count("receipt") == 2
    assert desk.spool.delivered() == [call.seq]
    delivery_of(desk)
    assert desk.kinds().count("receipt") == 2


def test_one_that_was_entered_is_not_entered_again(desk, monkeypatch):
    call = desk.call().grow().finish()
    delivery = delivery_of(desk)
    delivery.take("a", receipt(call, "a"))
    monkeypatch.setattr(
        desk.spool, "mark_delivered", lambda _: (_ for _ in ()).throw(OSError(5, "I/O error"))
    )
    with pytest.raises(OSError, match="I/O"):
        delivery.take("b", receipt(call, "b"))
    monkeypatch.undo()
    assert desk.spool.waiting() == [call.seq]
    delivery.finish()
    delivery_of(desk)
    assert desk.kinds().count("receipt") == 2
    assert desk.spool.delivered() == [call.seq]


def test_a_ledger_that_cannot_be_written_now_is_written_later(desk, monkeypatch):
    call = desk.call().grow().finish()
    delivery = delivery_of(desk)

    def full(*_):
        raise LedgerBlockedError("the disk is full")

    monkeypatch.setattr(desk.ledger, "append", full)
    with pytest.raises(LedgerBlockedError):
        delivery.take("a", receipt(call, "a"))
    assert len(desk.spool.receipts(call.seq)) == 1
    monkeypatch.undo()
    delivery.finish()
    delivery.finish()
    assert desk.kinds().count("receipt") == 1


def test_what_has_its_receipts_and_is_old_goes_after_its_entry_and_nothing_else(desk):
    old, young, waiting = (desk.call().grow().finish() for _ in range(3))
    delivery = delivery_of(desk)
    for call in (old, young):
        for vault in KEYS:
            delivery.take(vault, receipt(call, vault))
    long_ago = time.time() - 8 * 86_400
    for path in [desk.spool.find(old.seq), desk.spool.find(waiting.seq), *desk.spool.receipts(old.seq)]:
        os.utime(path, (long_ago, long_ago))
    assert delivery.prune(keep_days=7, low_percent=0) is True
    assert desk.spool.delivered() == [young.seq]
    assert desk.spool.waiting() == [waiting.seq]
    assert desk.kinds().count("pruned") == 1
    assert len(desk.spool.receipts(old.seq)) == 2, "receipts stay"

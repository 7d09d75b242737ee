import logging
import threading

import pytest

from firmware.ledger import LedgerBlockedError
from firmware.panel import witness as witness_module
from firmware.panel.witness import MAX_WAITING, Witness

LOG = logging.getLogger("test")
PATIENCE_S = 10


class Chain:
    """A ledger whose disk refuses while `full` is set."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, object]] = []
        self.full = threading.Event()
        self.tried = threading.Event()
        self.closed = False

    def append(self, kind, body):
        self.tried.set()
        if self.full.is_set():
            raise LedgerBlockedError("the disk is full")
        if kind == "bug":
            raise ValueError(kind)
        self.entries.append((kind, body))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def wake():
    return threading.Event()


@pytest.fixture
def witness(chain, wake, monkeypatch):
    monkeypatch.setattr(witness_module, "RETRY_S", 0.01)
    made = Witness(open_ledger=lambda: chain, errors=(LedgerBlockedError,), wake=wake.set, log=LOG)
    yield made
    chain.full.clear()
    made.close(PATIENCE_S)


def wait_until(wake: threading.Event, true) -> None:
    while not true():
        assert wake.wait(PATIENCE_S)
        wake.clear()


def test_entries_become_durable_in_order(witness, chain, wake):
    tickets = [witness.write("lamps", {"n": number}) for number in range(20)]
    wait_until(wake, lambda: tickets[-1].durable)
    assert all(ticket.durable for ticket in tickets)
    assert chain.entries == [("lamps", {"n": number}) for number in range(20)]


def test_a_full_disk_is_told_and_tried_again_and_loses_nothing(witness, chain, wake):
    chain.full.set()
    first, second = witness.write("finding", {"n": 1}), witness.write("lamps", {"n": 2})
    wait_until(wake, lambda: witness.error)
    assert "full" in witness.error
    assert not first.durable
    assert not witness.failed
    chain.full.clear()
    wait_until(wake, lambda: second.durable)
    assert witness.error == ""
    assert chain.entries == [("finding", {"n": 1}), ("lamps", {"n": 2})]


def test_a_bug_ends_the_thread_and_says_so(witness, wake):
    witness.write("bug", {})
    wait_until(wake, lambda: witness.failed)


def test_closing_writes_what_waits_and_closes_the_ledger(witness, chain):
    witness.write("lamps", {})
    assert witness.close(PATIENCE_S)
    assert chain.entries == [("lamps", {})]
    assert chain.closed


def test_closing_does_not_wait_for_a_full_disk(witness, chain, wake):
    chain.full.set()
    witness.write("lamps", {})
    wait_until(wake, lambda: witness.error)
    assert witness.close(PATIENCE_S)


def test_the_queue_is_bounded(witness, chain, wake, caplog):
    chain.full.set()
    for _ in range(MAX_WAITING + 1):
        witness.write("lamps", {})
    assert "entry_dropped" in caplog.text


def test_a_desk_without_a_chain_shows_its_lamps_all_the_same(wake):
    witness = Witness(open_ledger=None, errors=(), wake=wake.set, log=LOG)
    assert witness.write("lamps", {}).durable
    assert witness.close(PATIENCE_S)

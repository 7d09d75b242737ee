"""The agent against real brokers and a vault over real TLS: everything arrives, once, receipts come back."""

import json
import os
import time
from datetime import UTC, datetime, timedelta

from desk_rig import DESK, until

from firmware.evidence.entry import Entry
from firmware.evidence.jws import sign_jws
from firmware.evidence.keys import SigningKey
from firmware.evidence.times import format_utc
from firmware.panel.identify import identify_until_ns
from sync.agent import outbox, uploader


def test_a_growing_recording_is_in_both_vaults_while_it_grows_and_delivered_after(
    make_vault, make_desk, run_agent
):
    a, b = make_vault("a"), make_vault("b")
    desk = make_desk(a, b)
    run_agent(desk)
    call = desk.call()
    for _ in range(3):
        call.grow()
        for vault in (a, b):
            vault.wait_for(
                lambda v=vault: v.has(call.call, call.content, complete=False), "durable bytes follow"
            )
            assert call.call not in vault.lengths, "the length is told at the end only"
    call.finish()
    for vault in (a, b):
        vault.wait_for(lambda v=vault: v.has(call.call, call.content), "whole in the vault")
        vault.wait_for(lambda v=vault: len(v.seen("receipt")) == 2, "both receipts are in the ledger")
    until(lambda: desk.spool.delivered() == [call.seq] and desk.spool.waiting() == [], "delivered")
    assert sorted(path.name for path in desk.spool.receipts(call.seq)) == [
        f"{call.seq:012d}.a.jws",
        f"{call.seq:012d}.b.jws",
    ]
    assert desk.kinds() == ["off_hook", "on_hook", "recording", "receipt", "receipt"]


def test_the_ledger_reaches_each_vault_in_order_and_the_cursor_survives_a_restart(
    make_vault, make_desk, run_agent
):
    a = make_vault("a")
    desk = make_desk(a)
    for _ in range(700):
        desk.ledger.append("flash", {})
    agent = run_agent(desk)
    a.wait_for(lambda: len(a.entries) == 700)
    until(lambda: desk.status() and desk.status().replicas["a"].acked_seq == 700, "acknowledged")
    assert agent.stop() is True
    assert [Entry.parse(raw).seq for raw in a.entries.values()] == list(range(1, 701))
    before = len(a.said("ledger"))
    desk.ledger.append("flash", {})
    run_agent(desk)
    a.wait_for(lambda: len(a.entries) == 701)
    resent = [entry["seq"] for message in a.said("ledger")[before:] for entry in message]
    assert resent == [701], "only what was not acknowledged is sent again"


def test_a_vault_that_lost_its_ledger_gets_it_again(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    for _ in range(5):
        desk.ledger.append("flash", {})
    run_agent(desk)
    a.wait_for(lambda: len(a.entries) == 5)
    until(lambda: desk.status() and desk.status().replicas["a"].acked_seq == 5)
    a.entries.clear()
    desk.ledger.append("flash", {})
    a.wait_for(lambda: len(a.entries) == 6, "filled from the start")


def test_an_ack_that_never_comes_makes_the_desk_send_again(make_vault, make_desk, run_agent, monkeypatch):
    monkeypatch.setattr(outbox, "FIRST_TIMEOUT_S", 0.5)
    a = make_vault("a")
    a.acks = False
    desk = make_desk(a)
    desk.ledger.append("flash", {})
    run_agent(desk)
    a.wait_for(lambda: len(a.said("ledger")) >= 2, "sent again without an ack")
    until(lambda: "does not acknowledge" in desk.error("a"), "said in run/agent.json")
    a.acks = True
    a.wait_for(lambda: len(a.entries) == 1)
    until(lambda: desk.error("a") == "")


def test_state_call_and_health_are_told_without_numbers(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    desk.recorder_says(state="on_hook")
    agent = run_agent(desk)
    a.wait_for(lambda: a.said("call") and a.said("health"))
    call = desk.call().grow()
    a.wait_for(lambda: a.said("call")[-1]["state"] == "talking")
    assert a.said("call")[-1]["call"] == call.call
    call.finish()
    a.wait_for(lambda: a.said("call")[-1]["state"] == "on_hook")
    assert a.said("state")[-1]["state"] == "online"
    health = a.said("health")[-1]
    assert health["situation"] == 0
    assert health["lamps"] == {"green": "off", "red": "off", "amber": "on"}, "nothing drives the lamps"
    assert health["session"] == a.said("state")[-1]["session"]
    agent.stop()
    a.wait_for(lambda: a.said("state")[-1]["state"] == "stopped")


def test_a_replica_that_is_down_slows_no_other_and_catches_up(make_vault, make_desk, run_agent):
    a, b = make_vault("a"), make_vault("b")
    desk = make_desk(a, b)
    b.stop_listening()
    b.broker.kill()
    run_agent(desk)
    calls = [desk.call().grow().finish() for _ in range(3)]
    a.wait_for(lambda: len(a.seen("receipt")) == 3, "a has all while b is down")
    assert desk.spool.waiting() == [call.seq for call in calls], "one receipt of two is not enough"
    until(lambda: "cannot be reached" in desk.error("b"), "said in run/agent.json")
    assert desk.error("a") == ""
    b.broker.start()
    b.listen()
    b.wait_for(lambda: all(b.has(call.call, call.content) for call in calls))
    until(lambda: desk.spool.waiting() == [] and len(desk.spool.delivered()) == 3, "delivered")


def test_a_receipt_that_was_lost_is_asked_for(make_vault, make_desk, run_agent, monkeypatch):
    monkeypatch.setattr(uploader, "RECEIPT_FIRST_S", 0.5)
    a = make_vault("a")
    a.receipts_by_mqtt = False
    desk = make_desk(a)
    run_agent(desk)
    call = desk.call().grow().finish()
    until(lambda: desk.spool.delivered() == [call.seq], "the receipt came by HTTP")


def test_forged_and_foreign_receipts_are_refused_and_said(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    other = SigningKey.generate()
    a.forge = lambda receipt: receipt.sign(other)
    run_agent(desk)
    call = desk.call().grow().finish()
    a.wait_for(lambda: a.has(call.call, call.content))
    until(lambda: "refused" in desk.error("a"), "said in run/agent.json")
    assert desk.spool.receipts(call.seq) == []
    assert desk.spool.waiting() == [call.seq]
    assert "receipt" not in desk.kinds()
    a.forge = None
    a.ack(DESK)
    until(lambda: desk.spool.delivered() == [call.seq] and desk.error("a") == "", "a good one is taken")


def test_what_waited_before_the_start_is_sent_newest_first_then_oldest(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    calls = [desk.call().grow().finish() for _ in range(4)]
    long_ago = time.time() - 7200
    for call in calls[:2]:
        os.utime(desk.spool.find(call.seq), (long_ago, long_ago))
    run_agent(desk)
    a.wait_for(lambda: len(a.uploads) == 4)
    assert list(a.uploads) == [calls[i].call for i in (3, 2, 0, 1)]


def test_a_replica_with_unusable_files_is_said_and_the_other_served(make_vault, make_desk, run_agent):
    a, b = make_vault("a"), make_vault("b")
    desk = make_desk(a, b)
    (desk.keys / "b.crt").unlink()
    run_agent(desk)
    call = desk.call().grow().finish()
    a.wait_for(lambda: a.has(call.call, call.content))
    until(lambda: "enrol this desk at b again" in desk.error("b"))


def test_identify_is_obeyed_once_and_answered(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    run_agent(desk)
    a.wait_for(lambda: a.said("state"))
    now = datetime.now(UTC)

    def command(name: str, number: str, key: SigningKey = a.key) -> str:
        claims = {
            "id": number,
            "name": name,
            "desk": DESK,
            "vault": "a",
            "v": 1,
            "arguments": {"seconds": "20"},
        }
        times = {"issued": format_utc(now), "expires": format_utc(now + timedelta(minutes=5))}
        return sign_jws({**claims, **times}, key)

    a.publish(DESK, "command", command("identify", "c1", SigningKey.generate()))
    until(lambda: "command of a is refused" in desk.error("a"), "a forged command is refused and said")
    a.publish(DESK, "command", command("identify", "c1"))
    a.publish(DESK, "command", command("identify", "c1"))
    a.publish(DESK, "command", command("reboot", "c2"))
    a.wait_for(lambda: len(a.said("result")) == 2 and len(a.seen("command")) == 2)
    told = [(r["id"], r["ok"], r["error"]) for r in a.said("result")]
    assert told == [("c1", True, ""), ("c2", False, "unknown command")]
    assert identify_until_ns(desk.spool.layout.run, desk.clock.boot_id) > 0
    assert json.loads((desk.spool.layout.run / "identify.json").read_text())["boot"] == desk.clock.boot_id

"""Ledger batches at the vault: what is stored, what is not, and what is answered."""

import json

import pytest

from firmware.evidence.chain import sign_checkpoint
from firmware.evidence.entry import FIRST_PREV, Entry
from firmware.evidence.keys import SigningKey


def stored(desk):
    cookie, _ = desk.vault.session()
    answer = desk.vault.https.request(
        "GET", f"{desk.vault.url}/api/v1/desks/{desk.id}/ledger", headers=cookie
    )
    return answer.data.splitlines()


def forged(maker, position, **changes):
    """The entry at `position` (from 1), with other content."""
    entry = maker.entries[position - 1]
    names = ("at", "body", "boot", "desk", "kind", "mono_ns", "prev", "seq")
    return Entry(**({name: getattr(entry, name) for name in names} | changes))


def flashes(desk, count):
    for _ in range(count):
        desk.append("flash")


def test_entries_are_stored_byte_for_byte_and_acknowledged(desk):
    flashes(desk, 700)
    desk.send()
    desk.ack(700)
    assert stored(desk) == [entry.raw for entry in desk.entries]


def test_repetition_is_idempotent(desk):
    flashes(desk, 5)
    desk.send()
    desk.ack(5)
    desk.send(desk.entries[2:])
    assert desk.ack(5)
    flashes(desk, 2)
    desk.send(desk.entries[3:])
    desk.ack(7)
    assert len(stored(desk)) == 7
    assert desk.vault.desks()[desk.id]["in_quarantine"] == 0


def test_a_gap_is_answered_with_the_last_good_seq(desk):
    flashes(desk, 6)
    desk.send(desk.entries[:2])
    desk.ack(2)
    desk.send(desk.entries[3:])
    assert desk.ack(2)
    assert len(stored(desk)) == 2
    desk.send(desk.entries[2:])
    desk.ack(6)
    assert desk.vault.desks()[desk.id]["in_quarantine"] == 0


def test_a_fork_is_kept_as_evidence_and_not_acknowledged(desk):
    flashes(desk, 3)
    desk.send()
    desk.ack(3)
    other = forged(desk, 3, kind="shutdown", body={"reason": "x"})
    fourth = forged(desk, 3, seq=4, prev=other.hash)
    for _ in range(2):  # the same evidence is kept once
        desk.send([other, fourth])
        assert desk.ack(3)
    assert stored(desk) == [entry.raw for entry in desk.entries]
    assert desk.vault.desks()[desk.id]["in_quarantine"] == 2
    flashes(desk, 1)
    desk.send()
    desk.ack(4)


@pytest.mark.parametrize(
    "forge",
    [
        lambda d: forged(d, 3, prev=FIRST_PREV),
        lambda d: forged(d, 3, desk="t-other"),
        lambda d: b'{"seq":3,"v":1}',
        lambda d: d.entries[2].raw.replace(b'"seq"', b' "seq"'),
        lambda d: d.entries[2].raw.replace(b'"flash"', b'"party"'),
    ],
    ids=["prev", "desk", "fields", "canonical", "kind"],
)
def test_an_entry_that_does_not_verify_stops_the_batch(desk, forge):
    flashes(desk, 4)
    desk.send([desk.entries[0], desk.entries[1], forge(desk), desk.entries[3]])
    assert desk.ack(2)
    assert len(stored(desk)) == 2
    assert desk.vault.desks()[desk.id]["in_quarantine"] == 2
    desk.send()
    desk.ack(4)


def test_a_checkpoint_must_be_signed_by_the_desk(desk):
    desk.append("flash")
    good = desk.append("checkpoint")
    sig = sign_checkpoint(SigningKey.generate(), desk.id, 2, good.prev, good.at)
    desk.send([desk.entries[0], forged(desk, 2, body={**good.body, "sig": sig})])
    assert desk.ack(1)
    assert desk.vault.desks()[desk.id]["signed_seq"] == 0
    desk.send()
    desk.ack(2)
    assert desk.vault.desks()[desk.id]["signed_seq"] == 2


DEEP = b"[" * 20_000 + b"]" * 20_000


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[1,2]",
        b"[",
        b"\xff",
        b"[" + b" " * 65_530 + b"]",
        DEEP,
        b'[{"body":{"call":%s}}]' % DEEP,
    ],
    ids=range(8),
)
def test_a_message_that_is_no_batch_is_dropped_and_the_next_is_taken(desk, payload):
    """At the broker too: 200 that stay there (max_inflight_messages) would stop every desk's ledger."""
    for _ in range(220):
        desk.publish(desk.topics.ledger, payload)
        desk.publish(desk.topics.state, b'{"x":' + payload + b"}")
    flashes(desk, 1)
    desk.send()
    desk.ack(1)


def test_calls_that_were_not_recorded_are_listed_with_their_reason(desk):
    off = desk.append("off_hook")
    call = f"{desk.id}/{off.seq}"
    desk.append("not_recorded", call=call, reason="disk_full", seconds=12)
    desk.append("on_hook", call=call)
    desk.send()
    desk.ack(3)
    (found,) = desk.vault.calls(desk=desk.id)
    assert (found["state"], found["not_recorded_reason"], found["not_recorded_s"]) == (
        "not_recorded",
        "disk_full",
        12,
    )


def test_a_desk_cannot_speak_about_another_desks_call(desk, make_desk):
    other = make_desk(desk.vault)
    off = other.append("off_hook")
    other.send()
    other.ack(1)
    desk.append("not_recorded", call=f"{other.id}/{off.seq}", reason="lie", seconds=1)
    desk.send()
    desk.ack(1)
    (found,) = desk.vault.calls(desk=other.id)
    assert (found["state"], found["not_recorded_reason"]) == ("running", "")


def test_findings_are_raised_and_cleared(desk):
    body = {"code": "disk_low", "severity": "major", "detail": "19 %"}
    desk.append("finding", state="raised", **body)
    desk.append("finding", state="raised", code="audio_missing", severity="critical", detail="no card")
    desk.append("finding", state="cleared", **body)
    desk.send()
    desk.ack(3)
    assert desk.vault.desks()[desk.id]["findings"] == ["audio_missing"]


def test_replicas_are_those_that_the_desk_has_receipts_of(desk):
    seq, _ = desk.call()
    for name in ("b", "a"):
        desk.append("receipt", call=f"{desk.id}/{seq}", vault=name, sha256="1" * 64)
    desk.send()
    desk.ack(6)
    (call,) = desk.vault.calls(desk=desk.id)
    assert call["replicas"] == ["a", "b"]


def test_proof_reaches_from_the_off_hook_to_the_checkpoint_behind(desk):
    flashes(desk, 2)
    seq, _ = desk.call()
    flashes(desk, 2)
    desk.append("checkpoint")
    desk.send()
    desk.ack(9)
    cookie, _ = desk.vault.session()
    answer = desk.vault.https.request("GET", f"{desk.vault.url}/api/v1/calls/{desk.id}/{seq}", headers=cookie)
    assert [json.loads(entry)["seq"] for entry in answer.json()["proof"]] == [3, 4, 5, 6]


def test_pages_of_calls_follow_each_other(desk):
    for _ in range(7):
        desk.append("off_hook")
    desk.send()
    desk.ack(7)
    cookie, _ = desk.vault.session()
    seen, after = [], ""
    while True:
        url = f"{desk.vault.url}/api/v1/calls?desk={desk.id}&limit=3&after={after}"
        page = desk.vault.https.request("GET", url, headers=cookie).json()
        seen += [item["call"]["seq"] for item in page["items"]]
        after = page["after"]
        if not after:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    bad = desk.vault.https.request("GET", f"{desk.vault.url}/api/v1/calls?after=zzz", headers=cookie)
    assert bad.status == 400


def test_what_the_desk_judged_of_a_call_is_listed(desk):
    off = desk.append("off_hook")
    judged = {"direction": "incoming", "outcome": "answered", "hung_up_first": "far_end"}
    desk.append("on_hook", call=f"{desk.id}/{off.seq}", off_hook_ms=61_000, talk_ms=55_000, **judged)
    desk.send()
    desk.ack(2)
    (found,) = desk.vault.calls(desk=desk.id)
    assert judged.items() <= found.items()
    assert (found["state"], found["off_hook_ms"], found["talk_ms"]) == ("ended", 61_000, 55_000)
    assert desk.vault.calls(desk=desk.id, outcome="answered", min_s=60, max_s=62)
    assert not desk.vault.calls(desk=desk.id, outcome="answered", min_s=62)
    assert not desk.vault.calls(desk=desk.id, outcome="busy")


def new_chain(desk, seq, broken_head):
    """The first entry of a chain that replaces a broken one, as firmware.ledger writes it."""
    body = {
        "code": "ledger_broken",
        "state": "raised",
        "severity": "critical",
        "detail": "does not verify",
        "broken_head": broken_head,
    }
    last = desk.entries[-1]
    return Entry(
        at=last.at,
        body=body,
        boot=last.boot,
        desk=desk.id,
        kind="finding",
        mono_ns=last.mono_ns + 1,
        prev=FIRST_PREV,
        seq=seq,
    )


def test_a_new_chain_after_a_broken_one_goes_on_and_is_shown(desk):
    flashes(desk, 2)
    first = new_chain(desk, 3, desk.entries[-1].hash)
    desk.send([*desk.entries, first])
    desk.ack(3)
    assert desk.vault.desks()[desk.id]["findings"] == ["ledger_broken"]


def test_a_new_chain_across_a_gap_is_taken_only_when_nothing_comes_before_it(desk):
    """What the old chain still had and got lost on the way is asked for once more."""
    flashes(desk, 3)
    first = new_chain(desk, 1_000_000, "0" * 64)
    desk.send(desk.entries[:2])
    desk.ack(2)
    desk.send([first])
    assert desk.ack(2)
    desk.send([desk.entries[2], first])
    assert desk.ack(1_000_000)
    assert stored(desk) == [*(entry.raw for entry in desk.entries), first.raw]
    assert desk.vault.desks()[desk.id]["in_quarantine"] == 0

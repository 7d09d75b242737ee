"""A call from its ledger and bytes to a receipt, whichever comes first."""

import hashlib

from firmware.evidence.opening import open_recording
from firmware.evidence.receipt import Receipt


def check_receipt(desk, seq, data, text):
    receipt = Receipt.verify(text, desk.vault.key)
    assert receipt.call == f"{desk.id}/{seq}"
    assert receipt.size == len(data)
    assert (desk.vault.folder / "objects" / desk.id / f"{seq:012d}.ohr").read_bytes() == data


def test_bytes_first(desk):
    seq, data = desk.call()
    desk.upload(seq, data)
    assert f"{desk.id}/{seq:012d}.ohr" not in desk.vault.objects()
    desk.send()
    check_receipt(desk, seq, data, desk.receipt())


def test_ledger_first(desk, wait_until):
    seq, data = desk.call()
    desk.send()
    assert desk.ack(4).receipts == ()
    desk.upload(seq, data)
    check_receipt(desk, seq, data, desk.receipt())
    wait_until(lambda: not list(desk.vault.folder.glob(f"uploads/{desk.id}/*")))


def test_the_stored_recording_opens(desk):
    seq, data = desk.call(seconds=2)
    desk.upload(seq, data)
    desk.send()
    desk.receipt()
    with open(desk.vault.folder / "objects" / desk.id / f"{seq:012d}.ohr", "rb") as file:
        opened = open_recording(file, desk.vault.archive)
        assert len(list(opened.frames())) == 3
        assert opened.complete


def test_receipt_comes_again_with_head_post_and_batch(desk):
    seq, data = desk.call()
    desk.upload(seq, data)
    desk.send()
    first = desk.receipt()
    assert desk.head(seq).headers["Offhook-Receipt"] == first
    assert desk.create(seq).headers["Offhook-Receipt"] == first
    assert desk.create(seq).headers["Upload-Offset"] == str(len(data))
    desk.send()
    assert desk.receipt() == first


def test_receipts_not_entered_come_again_when_the_desk_comes_online(desk):
    seq, data = desk.call()
    desk.upload(seq, data)
    desk.send()
    first = desk.receipt()
    desk.publish(desk.topics.state, b'{"state":"online","session":"s1","at":"2026-11-22T08:00:00.000000Z"}')
    assert desk.receipt() == first
    desk.append(
        "receipt", call=f"{desk.id}/{seq}", vault="a", sha256=hashlib.sha256(first.encode()).hexdigest()
    )
    desk.send()
    desk.ack(5)
    desk.publish(desk.topics.state, b'{"state":"online","session":"s2","at":"2026-11-22T08:00:01.000000Z"}')
    assert desk.ack(5).receipts == ()


def test_call_is_listed_while_it_runs_and_after(desk):
    off = desk.append("off_hook")
    desk.send()
    desk.ack(1)
    data, _, _ = desk.record(5, off.seq)
    desk.create(off.seq)
    assert desk.patch(off.seq, 0, data[:2000]).status == 204
    (call,) = desk.vault.calls(desk=desk.id)
    assert (call["id"], call["state"]) == (f"{desk.id}/1", "running")
    cookie, _ = desk.vault.session()
    answer = desk.vault.https.request("GET", f"{desk.vault.url}/api/v1/calls?desk={desk.id}", headers=cookie)
    assert answer.json()["items"][0]["bytes_here"] == 2000
    with desk.vault.https.request(
        "GET",
        f"{desk.vault.url}/api/v1/calls/{desk.id}/1/live?offset=1000",
        headers=cookie,
        preload_content=False,
    ) as live:
        assert live.read(1000) == data[1000:2000]
        desk.patch(off.seq, 2000, data[2000:3000])
        assert live.read(1000) == data[2000:3000]


def test_details_are_opened_for_search(desk):
    seq, _ = desk.call(
        details={
            "numbers": [
                {"digits": "+86 138-0013-8000", "role": "caller"},
                {"digits": "12345", "role": "caller", "damaged": True},
            ]
        }
    )
    desk.send()
    desk.ack(4)
    for asked in ("+86138*", "*8000", "138000*", "8000"):
        found = desk.vault.calls(desk=desk.id, number=asked)
        assert [call["seq"] for call in found] == ([] if asked == "138000*" else [seq])
    assert desk.vault.calls(desk=desk.id, number="12345") == []
    assert found[0]["number"] == "+8613800138000"

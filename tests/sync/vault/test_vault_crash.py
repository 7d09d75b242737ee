"""The vault killed at the worst moments: nothing acknowledged is lost, nothing is there twice."""

import os
import shutil
import signal
import threading

import pytest
import urllib3

from sync.vault.catalogue.database import connect
from sync.wire import tus


def again(vault, how=signal.SIGKILL):
    vault.stop("vault", how)
    vault.start()


def test_kill_in_the_middle_of_a_patch(own_vault, make_desk):
    desk = make_desk(own_vault)
    seq, data = desk.call(seconds=30, packet=600 // 2)
    desk.create(seq)
    desk.patch(seq, 0, data[:1000])
    arrived, finished = threading.Event(), []

    def slowly():
        yield data[1000:60_000]
        arrived.set()
        finished.append(own_vault.processes["vault"].wait(20))
        yield data[60_000:70_000]

    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {desk.token()}",
        "Upload-Offset": "1000",
        "Upload-Checksum": tus.checksum(data[1000:70_000]),
        "Content-Type": tus.CONTENT_TYPE,
    }
    pool = urllib3.PoolManager(ca_certs=str(desk.folder / "ca.crt"), retries=False)

    def send():
        with pytest.raises(urllib3.exceptions.HTTPError):
            pool.request(
                "PATCH", f"{own_vault.url}{tus.UPLOADS_PATH}/{desk.id}/{seq}", body=slowly(), headers=headers
            )

    thread = threading.Thread(target=send)
    thread.start()
    arrived.wait(20)
    own_vault.processes["vault"].send_signal(signal.SIGKILL)
    thread.join(20)
    own_vault.processes.pop("vault")
    own_vault.start()
    assert desk.head(seq).headers["Upload-Offset"] == "1000"
    for at in range(1000, len(data), 100_000):
        assert desk.patch(seq, at, data[at : at + 100_000]).status == 204
    desk.send()
    assert desk.receipt()
    assert own_vault.objects() == [f"{desk.id}/{seq:012d}.ohr"]
    assert (own_vault.folder / "objects" / own_vault.objects()[0]).read_bytes() == data
    assert own_vault.quarantined() == []


def test_killed_between_the_last_byte_and_the_receipt(own_vault, make_desk):
    """Every state of the disk that a kill can leave on the way from part to object."""
    desk = make_desk(own_vault)
    calls = [desk.call() for _ in range(3)]
    for seq, data in calls:
        desk.upload(seq, data)
    uploads, objects = own_vault.folder / "uploads" / desk.id, own_vault.folder / "objects" / desk.id
    # as after a kill between the link and the commit: the object is there, catalogue and receipt are not
    own_vault.stop("vault", signal.SIGKILL)
    objects.mkdir()
    os.link(uploads / f"{calls[0][0]:012d}.part", objects / f"{calls[0][0]:012d}.ohr")
    shutil.copyfile(uploads / f"{calls[1][0]:012d}.part", objects / f"{calls[1][0]:012d}.ohr")
    own_vault.start()
    desk.send()
    receipts = set()
    while len(receipts) < 3:
        receipts.update(desk.acks.get(timeout=20).receipts)
    assert len(own_vault.objects()) == 3
    # as after a kill between the commit and the unlink: the part is there still
    own_vault.stop("vault", signal.SIGKILL)
    (uploads / f"{calls[2][0]:012d}.part").write_bytes(calls[2][1])
    own_vault.start()
    assert desk.head(calls[2][0]).headers["Upload-Offset"] == str(len(calls[2][1]))
    assert not list(uploads.iterdir())
    assert own_vault.quarantined() == []
    assert own_vault.cli("check").strip().endswith("0 wrong")


def test_other_bytes_under_the_final_name_are_never_overwritten(own_vault, make_desk, wait_until):
    desk = make_desk(own_vault)
    seq, data = desk.call()
    final = own_vault.folder / "objects" / desk.id / f"{seq:012d}.ohr"
    final.parent.mkdir()
    final.write_bytes(b"something else")
    desk.upload(seq, data)
    desk.send()
    assert desk.ack(4).receipts == ()
    wait_until(lambda: "event=store_failed" in own_vault.log())
    assert final.read_bytes() == b"something else"
    assert (own_vault.folder / "uploads" / desk.id / f"{seq:012d}.part").read_bytes() == data


def test_batches_and_calls_go_on_after_a_kill(own_vault, make_desk):
    desk = make_desk(own_vault)
    seq, data = desk.call()
    desk.create(seq, len(data))
    desk.patch(seq, 0, data[:500])
    desk.send(desk.entries[:2])
    desk.ack(2)
    again(own_vault)
    head = desk.head(seq).headers
    assert (head["Upload-Offset"], head["Upload-Length"]) == ("500", str(len(data)))
    desk.patch(seq, 500, data[500:])
    desk.send()
    assert desk.receipt()
    again(own_vault)
    assert desk.head(seq).headers["Offhook-Receipt"]


def test_what_came_while_the_vault_was_down_waits_in_its_session(own_vault, make_desk):
    desk = make_desk(own_vault)
    own_vault.stop()
    desk.append("flash")
    desk.send()
    own_vault.start()
    desk.ack(1)


def test_the_broker_killed_and_back(own_vault, make_desk):
    desk = make_desk(own_vault)
    own_vault.stop("broker", signal.SIGKILL)
    desk.append("flash")
    own_vault.start_broker()
    desk.close()
    desk.connect()
    for _ in range(30):  # the vault comes back with its own back-off; the protocol repeats
        desk.send()
        if not desk.acks.empty():
            break
        desk.acks.queue or threading.Event().wait(0.5)
    assert desk.ack(1)


def test_a_full_disk_loses_nothing(own_vault, make_desk, wait_until):
    """The catalogue refuses to grow: no ack, no receipt, and all is well once there is room."""
    desk = make_desk(own_vault)
    db = connect(own_vault.folder / "catalogue.sqlite3")
    db.execute("BEGIN IMMEDIATE")  # nobody else can write: the vault waits for its busy timeout
    desk.append("flash")
    desk.send()
    assert own_vault.https.request("GET", own_vault.url + "/api/v1/alive").status == 200
    assert desk.acks.empty()
    db.execute("ROLLBACK")
    db.close()
    desk.ack(1)

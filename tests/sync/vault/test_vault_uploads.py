"""tus at the vault: its rules, what it refuses, and that a refusal changes nothing."""

import hashlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from tusclient.client import TusClient

from firmware.evidence.keys import SigningKey
from sync.wire import tus

UP = tus.UPLOADS_PATH


def part(desk, seq):
    return desk.vault.folder / "uploads" / desk.id / f"{seq:012d}.part"


@pytest.fixture
def begun(desk):
    """A desk whose upload of call 1 has 1000 bytes; with the whole recording."""
    desk.append("off_hook")
    data, _, _ = desk.record(3, 1)
    assert desk.create(1).status == 201
    assert desk.patch(1, 0, data[:1000]).status == 204
    return desk, data


def test_options_says_what_it_can(vault):
    answer = vault.https.request("OPTIONS", vault.url + UP)
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == set(tus.EXTENSIONS.split(","))
    assert "sha256" in answer.headers["Tus-Checksum-Algorithm"]


def test_create_again_answers_with_the_same_address_and_the_true_offset(begun):
    desk, _ = begun
    answer = desk.create(1)
    assert answer.status == 201
    assert answer.headers["Location"] == f"{UP}/{desk.id}/1"
    assert answer.headers["Upload-Offset"] == "1000"
    head = desk.head(1)
    assert head.status == 200
    assert (head.headers["Upload-Offset"], head.headers["Upload-Defer-Length"]) == ("1000", "1")
    assert head.headers["Cache-Control"] == "no-store"


def test_creation_with_upload(desk):
    desk.append("off_hook")
    data, _, _ = desk.record(1, 1)
    answer = desk.http(
        "POST",
        UP,
        body=data,
        Upload_Length=str(len(data)),
        Content_Type=tus.CONTENT_TYPE,
        Upload_Metadata=tus.metadata({"call": f"{desk.id}/1"}),
        Upload_Checksum=tus.checksum(data),
    )
    assert (answer.status, answer.headers["Upload-Offset"]) == (201, str(len(data)))
    assert part(desk, 1).read_bytes() == data
    assert desk.head(1).headers["Upload-Length"] == str(len(data))


def test_empty_patch_with_the_length_ends_a_deferred_upload(desk):
    seq, data = desk.call()
    desk.create(seq)
    desk.patch(seq, 0, data)
    assert "Upload-Defer-Length" in desk.head(seq).headers
    assert desk.patch(seq, len(data), b"", Upload_Length=str(len(data))).status == 204
    assert desk.head(seq).headers["Upload-Length"] == str(len(data))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Upload_Offset": "999"}, 409),
        ({"Upload_Offset": "1001"}, 409),
        ({"Upload_Offset": "-1"}, 400),
        ({"Upload_Offset": "1e3"}, 400),
        ({"Content_Type": "application/octet-stream"}, 415),
        ({"Tus_Resumable": "0.2.2"}, 412),
        ({"Upload_Checksum": tus.checksum(b"other")}, 460),
        ({"Upload_Checksum": "md5 AAAA"}, 400),
        ({"Upload_Checksum": "sha256 !!"}, 400),
        ({"Upload_Length": "1100"}, 413),
        ({"Upload_Length": "999"}, 400),
        ({"Upload_Length": "0"}, 400),
        ({"Upload_Length": str(1 << 50)}, 413),
        ({"Authorization": "Bearer x.y.z"}, 401),
        ({"Authorization": ""}, 401),
    ],
)
def test_a_refused_patch_changes_nothing(begun, changes, status):
    desk, data = begun
    answer = desk.patch(1, 1000, data[1000:1200], **changes)
    assert answer.status == status, answer.data
    if status == 409:
        assert answer.headers["Upload-Offset"] == "1000"
    assert part(desk, 1).read_bytes() == data[:1000]
    assert desk.patch(1, 1000, data[1000:1200]).status == 204


def test_more_than_a_mebibyte_with_a_checksum_is_refused(begun):
    desk, _ = begun
    assert desk.patch(1, 1000, bytes(tus.MAX_PATCH_BYTES + 1)).status == 413
    assert part(desk, 1).stat().st_size == 1000


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "call",
        "call !!!",
        tus.metadata({"call": "../../etc/passwd"}),
        tus.metadata({"call": "t-x/0"}),
        tus.metadata({"call": "t-x/01"}),
        tus.metadata({"call": "t-x/1/.."}),
        tus.metadata({"call": "t-x/1000000000000"}),
        tus.metadata({"call": "T-X/1"}),
        tus.metadata({"call": "t-x/\uff11"}),
        tus.metadata({"call": "a" * 33 + "/1"}),
    ],
)
def test_no_id_leads_anywhere_else(desk, metadata):
    answer = desk.http("POST", UP, Upload_Defer_Length="1", Upload_Metadata=metadata)
    assert answer.status == 400
    assert not (desk.vault.folder / "uploads" / desk.id).exists()


@pytest.mark.parametrize(
    "path",
    ["/../objects/1", "/%2e%2e/x/1", "/t-x/1/../../1", "/t-x/..%2f1", "//1", "/t-x/1%00", "/t-x", "/t-x/a"],
)
def test_no_path_leads_anywhere_else(desk, path):
    answer = desk.http("HEAD", UP + path)
    assert answer.status in (400, 403, 404), answer.status


def test_a_desk_uploads_its_own_calls_only(desk, make_desk):
    other = make_desk(desk.vault, connect=False)
    desk.append("off_hook")
    desk.create(1)
    for method in ("HEAD", "PATCH"):
        answer = desk.http(method, f"{UP}/{desk.id}/1", token=other.token())
        assert answer.status == 403
    named = tus.metadata({"call": f"{desk.id}/2"})
    assert (
        desk.http("POST", UP, token=other.token(), Upload_Defer_Length="1", Upload_Metadata=named).status
        == 403
    )


def test_tokens_of_others_are_refused(desk, make_desk):
    stranger = make_desk(desk.vault, "t-stranger", enrol=False)
    now = datetime.now(UTC)
    for token in (
        stranger.token(),
        desk.token(key=SigningKey.generate()),
        desk.token(audience="b"),
        desk.token(now=now - timedelta(minutes=10)),
        desk.token(now=now + timedelta(minutes=10)),
    ):
        assert desk.create(1, Authorization=f"Bearer {token}").status == 401
    assert desk.create(1).status == 201


def test_an_upload_that_was_never_created_is_404(desk):
    assert desk.head(7).status == 404
    assert desk.patch(7, 0, b"x").status == 404


def test_bytes_that_are_no_recording_go_to_quarantine_and_the_call_can_come_again(desk):
    seq, data = desk.call()
    desk.create(seq)
    answer = desk.patch(seq, 0, b"not a recording" + data)
    assert answer.status == 422
    assert desk.head(seq).status == 404
    assert desk.vault.desks()[desk.id]["in_quarantine"] == 1
    desk.upload(seq, data)
    desk.send()
    assert desk.receipt()


def test_another_calls_recording_is_not_taken(desk):
    desk.append("off_hook")
    data, _, _ = desk.record(1, 999)
    desk.create(1)
    assert desk.patch(1, 0, data).status == 422


@pytest.mark.parametrize("wrong", ["sha256", "size", "frames"])
def test_bytes_that_differ_from_the_ledger_go_to_quarantine(desk, wait_until, wrong):
    seq, data = desk.call(
        **{"sha256": {"sha256": "0" * 64}, "size": {"size": 1000}, "frames": {"frames": 9}}[wrong]
    )
    desk.upload(seq, data)
    desk.send()
    wait_until(lambda: desk.vault.desks()[desk.id]["in_quarantine"] == 1)
    assert desk.ack(4).receipts == ()
    assert desk.head(seq).status == 404
    assert not list(desk.vault.folder.glob(f"objects/{desk.id}/*"))
    (kept,) = desk.vault.folder.glob(f"quarantine/{desk.id}/*")
    assert kept.read_bytes() == data


def test_the_same_bad_bytes_are_kept_once_and_three_different_ones_are_enough(desk):
    seq, data = desk.call(sha256="0" * 64)
    desk.send()
    desk.ack(4)

    def bad(data, kept):
        desk.create(seq)
        assert desk.patch(seq, 0, data, Upload_Length=str(len(data))).status == 422
        assert desk.head(seq).status == 404
        assert desk.vault.desks()[desk.id]["in_quarantine"] == kept

    bad(data, 1)
    bad(data, 1)
    bad(data[:-1] + b"x", 2)
    bad(data[:-1] + b"y", 3)
    assert desk.create(seq).status == 403


def test_nothing_is_taken_beyond_what_the_ledger_says(desk):
    seq, data = desk.call()
    desk.send()
    desk.ack(4)
    desk.create(seq)
    assert desk.patch(seq, 0, data + b"more").status == 413
    assert desk.patch(seq, 0, data[:-1]).status == 204
    assert desk.patch(seq, len(data) - 1, data[-1:] + b"more").status == 413
    assert desk.patch(seq, len(data) - 1, data[-1:]).status == 204
    assert desk.receipt()
    answer = desk.patch(seq, len(data), b"more")
    assert (answer.status, answer.headers["Upload-Offset"]) == (409, str(len(data)))


def test_a_second_patch_at_the_same_time_is_423(begun):
    desk, data = begun
    first = urllib3.PoolManager(ca_certs=str(desk.folder / "ca.crt"), retries=False)
    sending, release = threading.Event(), threading.Event()

    def slowly():
        yield data[1000:1100]
        sending.set()
        release.wait(20)
        yield data[1100:1200]

    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {desk.token()}",
        "Upload-Offset": "1000",
        "Content-Type": tus.CONTENT_TYPE,
    }
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(
            first.request("PATCH", f"{desk.vault.url}{UP}/{desk.id}/1", body=slowly(), headers=headers)
        )
    )
    thread.start()
    sending.wait(20)
    statuses = {desk.patch(1, 1000, data[1000:1200]).status for _ in range(3)}
    release.set()
    thread.join(20)
    assert 423 in statuses
    assert answers[0].status == 204
    assert part(desk, 1).read_bytes() == data[:1200]


def test_a_connection_that_died_half_way_keeps_nobody_out(begun):
    desk, data = begun
    context = ssl.create_default_context(cafile=str(desk.folder / "ca.crt"))
    with (
        socket.create_connection(("127.0.0.1", desk.vault.https_port)) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as tls,
    ):
        tls.sendall(
            f"PATCH {UP}/{desk.id}/1 HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 1000\r\n"
            f"Authorization: Bearer {desk.token()}\r\nContent-Type: {tus.CONTENT_TYPE}\r\n"
            f"Upload-Checksum: {tus.checksum(data[1000:])}\r\n"
            f"Content-Length: {len(data) - 1000}\r\n\r\n".encode()
        )
        tls.sendall(data[1000:1500])
        assert desk.patch(1, 1000, data[1000:1200]).status == 204
        tls.sendall(data[1500:])  # it was not dead after all: it comes too late
        # 423 while the other one's lock is not given back yet: refused in either case, as the bytes show.
        assert tls.recv(1000).split()[1] in {b"409", b"423"}
    assert part(desk, 1).read_bytes() == data[:1200]


def test_stock_tuspy_uploads_a_finished_recording(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(desk.folder / "ca.crt"))
    seq, data = desk.call(seconds=40, packet=600)
    assert len(data) > tus.MAX_PATCH_BYTES
    file = tmp_path / "finished.ohr"
    file.write_bytes(data)
    client = TusClient(desk.vault.url + UP, headers={"Authorization": f"Bearer {desk.token()}"})
    desk.send()
    uploader = client.uploader(str(file), metadata={"call": f"{desk.id}/{seq}"})
    uploader.upload()
    assert uploader.offset == len(data)
    again = client.uploader(str(file), url=uploader.url)  # it asks for the offset: all is there already
    again.upload()
    assert again.offset == len(data)
    assert desk.receipt()
    stored = desk.vault.folder / "objects" / desk.id / f"{seq:012d}.ohr"
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(data).digest()


def test_stock_tuspy_in_chunks_with_its_checksum(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(desk.folder / "ca.crt"))
    seq, data = desk.call(seconds=5)
    file = tmp_path / "finished.ohr"
    file.write_bytes(data)
    client = TusClient(desk.vault.url + UP, headers={"Authorization": f"Bearer {desk.token()}"})
    metadata = {"call": f"{desk.id}/{seq}"}
    client.uploader(str(file), metadata=metadata, chunk_size=4000, upload_checksum=True).upload()
    desk.send()
    assert desk.receipt()


def test_a_cut_body_without_checksum_keeps_what_came(desk, wait_until):
    """As stock clients send it: more than one piece in one request, then nothing more."""
    desk.append("off_hook")
    data, _, _ = desk.record(40, 1, packet=1000)
    desk.create(1)
    context = ssl.create_default_context(cafile=str(desk.folder / "ca.crt"))
    with socket.create_connection(("127.0.0.1", desk.vault.https_port)) as raw:
        tls = context.wrap_socket(raw, server_hostname="127.0.0.1")
        tls.sendall(
            f"PATCH {UP}/{desk.id}/1 HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            f"Authorization: Bearer {desk.token()}\r\nContent-Type: {tus.CONTENT_TYPE}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
        )
        tls.sendall(data[: tus.MAX_PATCH_BYTES + 5000])
        wait_until(lambda: desk.head(1).headers["Upload-Offset"] == str(tus.MAX_PATCH_BYTES))
        tls.close()
    wait_until(lambda: desk.patch(1, 0, b"").status == 409)  # 423 as long as the cut request holds it
    kept = int(desk.head(1).headers["Upload-Offset"])
    assert tus.MAX_PATCH_BYTES <= kept <= tus.MAX_PATCH_BYTES + 5000
    assert part(desk, 1).read_bytes() == data[:kept]

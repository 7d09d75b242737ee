"""Codes, certificates, and what the broker then lets a desk do."""

import hashlib
import queue
import subprocess
from datetime import UTC, datetime, timedelta

import msgspec
import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion

from firmware.evidence.errors import FormatError
from firmware.evidence.keys import SigningKey
from sync.vault.catalogue.database import connect
from sync.wire.enrol import decode_answer, parse_code


def test_a_desk_gets_what_it_needs(vault, make_desk):
    desk = make_desk(vault, connect=False)
    answer = decode_answer(msgspec.json.encode(desk.answer))
    assert (answer.desk_id, answer.site, answer.vault) == (desk.id, "main", "a")
    assert answer.vault_public_key == vault.key.base64
    assert [r.public_key for r in answer.recipients] == [vault.archive.public.base64]
    assert (answer.mqtt.host, answer.mqtt.port) == ("", vault.mqtt_port)
    certificate = x509.load_pem_x509_certificate(answer.certificate.encode())
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == desk.id
    days = certificate.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=89) < days <= timedelta(days=90)
    ca = x509.load_pem_x509_certificate(answer.ca.encode())
    certificate.verify_directly_issued_by(ca)


def test_the_ca_is_told_to_everyone_and_fits_the_code(vault):
    pem = vault.https.request("GET", vault.url + "/api/v1/enrol/ca").data
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    assert parse_code(vault.code("t-ca")).matches_ca(der)


def test_only_a_hash_of_the_code_is_stored(vault):
    code = vault.code("t-hash")
    db = connect(vault.folder / "catalogue.sqlite3", read_only=True)
    (row,) = db.execute("SELECT * FROM enrolment_codes WHERE desk = 't-hash'").fetchall()
    db.close()
    assert row["token_sha256"] == hashlib.sha256(parse_code(code).token).hexdigest()
    assert code not in str(dict(row))


def test_the_same_keys_get_the_same_answer_and_others_none(vault, make_desk):
    desk = make_desk(vault, enrol=False)
    code = vault.code(desk.id)
    first = desk.request_enrol(code)
    assert first.status == 200
    assert desk.request_enrol(code).json() == first.json()
    other = ec.generate_private_key(ec.SECP256R1())
    assert desk.request_enrol(code, csr=desk.csr(other)).status == 403
    assert desk.request_enrol(code, desk_public_key=SigningKey.generate().public.base64).status == 403


def test_a_code_is_good_for_its_desk_alone_and_a_newer_one_ends_it(vault, make_desk):
    desk = make_desk(vault, enrol=False)
    code = vault.code(desk.id)
    assert desk.request_enrol(code, desk_id="t-else").status == 403
    newer = vault.code(desk.id)
    assert desk.request_enrol(code).status == 403
    assert desk.request_enrol(newer, desk_id=desk.id).status == 200


def test_an_expired_code_is_refused(vault, make_desk):
    desk = make_desk(vault, enrol=False)
    code = vault.code(desk.id)
    db = connect(vault.folder / "catalogue.sqlite3")
    db.execute(
        "UPDATE enrolment_codes SET expires_at = '2020-01-01T00:00:00.000000Z' WHERE desk = ?", (desk.id,)
    )
    db.close()
    assert desk.request_enrol(code).status == 403


@pytest.mark.parametrize(
    "changes", [{"code": "ABC"}, {"desk_public_key": "AAAA"}, {"csr": "-----BEGIN"}, {"x": 1}]
)
def test_malformed_requests_are_400(vault, make_desk, changes):
    desk = make_desk(vault, enrol=False)
    assert desk.request_enrol(**({"code": vault.code(desk.id)} | changes)).status == 400


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_only_p256_requests(vault, make_desk, key):
    desk = make_desk(vault, enrol=False)
    assert desk.request_enrol(vault.code(desk.id), csr=desk.csr(key)).status == 400


@pytest.mark.parametrize("desk", ["SH01", "a_b", "a.b", "../x", "vault.a", "a" * 33])
def test_ids_that_are_none_get_no_code(vault, desk):
    with pytest.raises(FormatError):
        vault.code(desk)


def test_a_desk_cannot_write_below_another_id_nor_read_its_acks(vault, make_desk):
    victim, thief = make_desk(vault), make_desk(vault)
    heard = queue.Queue()
    thief.client.message_callback_add(victim.topics.ack, lambda *_: heard.put(True))
    thief.client.subscribe(victim.topics.ack, 1)
    victim.append("flash")
    thief.publish(victim.topics.ledger, b"[" + victim.entries[0].raw + b"]")
    victim.send([])
    thief.append("flash")
    thief.send()
    thief.ack(1)
    assert vault.desks()[victim.id]["ledger_seq"] == 0
    victim.send()
    victim.ack(1)
    assert heard.empty()


def test_a_client_id_of_another_desk_does_not_take_its_session(vault, make_desk):
    victim, thief = make_desk(vault), make_desk(vault, connect=False)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=victim.id, clean_session=True)
    f = thief.folder
    client.tls_set(ca_certs=str(f / "ca.crt"), certfile=str(f / "mqtt.crt"), keyfile=str(f / "mqtt.key"))
    connected = queue.Queue()
    client.on_connect = lambda *_: connected.put(True)
    client.connect("127.0.0.1", vault.mqtt_port)
    client.loop_start()
    connected.get(timeout=20)
    victim.append("flash")
    victim.send()
    victim.ack(1)
    assert victim.client.is_connected()
    client.disconnect()
    client.loop_stop()


def test_a_site_that_is_not_the_desks_is_refused(desk):
    desk.append("flash")
    desk.publish(f"offhook/v1/else/{desk.id}/ledger", b"[" + desk.entries[0].raw + b"]")
    desk.append("flash")
    desk.send()
    desk.ack(2)
    assert "event=message_refused" in desk.vault.log()


def test_stock_mosquitto_sub_sees_the_topics_with_a_service_certificate(own_vault, make_desk, tmp_path):
    out = tmp_path / "watch"
    own_vault.cli("service-cert", "watcher", "--out", str(out))
    own_vault.stop("broker")
    own_vault.start_broker()
    desk = make_desk(own_vault)
    desk.publish(desk.topics.call, b'{"state":"ringing","at":"2026-11-22T08:00:00.000000Z"}')
    sub = subprocess.Popen(
        [
            "mosquitto_sub",
            "-h",
            "127.0.0.1",
            "-p",
            str(own_vault.service_port),
            "-t",
            "offhook/v1/#",
            "-v",
            "-C",
            "1",
            "-W",
            "20",
            "--cafile",
            str(out / "ca.crt"),
            "--cert",
            str(out / "watcher.crt"),
            "--key",
            str(out / "watcher.key"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    state = b'{"state":"online","session":"s","at":"2026-11-22T08:00:00.000000Z"}'
    desk.client.publish(desk.topics.state, state, qos=1, retain=True).wait_for_publish(20)
    assert sub.communicate(timeout=30)[0] == f"{desk.topics.state} {state.decode()}\n"

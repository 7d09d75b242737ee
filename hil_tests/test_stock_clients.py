"""Strangers' programs: tuspy uploads, mosquitto_sub listens, ffmpeg and opusinfo read an export."""

import contextlib
import json
import re
import signal
import subprocess
from datetime import UTC, datetime

import numpy as np
import pytest
from alignment import align
from evidence_of import last_recording, object_path, of_kind, truth
from tusclient.client import TusClient

from firmware.evidence.entry import Entry
from firmware.evidence.keys import SigningKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.token import make_token
from sync.demo.calls import incoming_answered
from sync.demo.command import offhook, run
from sync.demo.until import until
from sync.wire import batch
from sync.wire.messages import Ack, CallState, Health, State, decode
from sync.wire.topics import parse_topic

MESSAGES = {"state": State, "health": Health, "call": CallState, "ack": Ack}


def test_tuspy_uploads_a_finished_recording_and_the_ledger_brings_its_receipt(site, speech, monkeypatch):
    desk, vault = site.desk, site.vaults[0]
    desk.parts["agent"].stop()
    incoming_answered(site.line, speech)
    desk.wait_on_hook()
    until(lambda: any((desk.folder / "spool" / "waiting").glob("*.ohr")), "the recording is finished")
    (finished,) = (desk.folder / "spool" / "waiting").glob("*.ohr")
    recording = last_recording(site)
    call, content = str(recording.body["call"]), finished.read_bytes()

    key = SigningKey.load(desk.folder / "keys" / "desk.pem")
    token = make_token(key, recording.desk, vault.name, datetime.now(UTC))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(desk.folder / "keys" / f"{vault.name}.ca"))
    client = TusClient(f"{vault.https}/api/v1/uploads", headers={"Authorization": f"Bearer {token}"})
    client.uploader(str(finished), chunk_size=20_000, metadata={"call": call}).upload()
    held = [*(vault.folder / "uploads").rglob("*.part")]
    assert [part.read_bytes() for part in held] == [content]
    assert not object_path(vault.folder, call).exists(), "no receipt without the ledger entry"

    desk.parts["agent"].start()
    desk.wait_delivered()
    assert object_path(vault.folder, call).read_bytes() == content
    told = [entry for entry in of_kind(site, "receipt") if entry.body["call"] == call]
    assert {entry.body["vault"] for entry in told} == {"a", "b"}
    (stored,) = (desk.folder / "spool" / "receipts").glob(f"{finished.stem}.{vault.name}.jws")
    receipt = Receipt.read_unverified(stored.read_text().strip())
    assert (receipt.call, receipt.size, receipt.sha256) == (call, len(content), recording.body["sha256"])


@contextlib.contextmanager
def subscribed(site, folder):
    """mosquitto_sub on everything, with a service certificate made for it; yields its lines so far."""
    vault = site.vaults[0]
    run("vault", "service-cert", "grafana", "--config", str(vault.config), "--out", str(folder))
    vault.broker.kill(signal.SIGHUP)
    out = folder / "messages"
    command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(vault.ports.service), "-q", "1", "-F", "%j"]
    command += ["--cafile", str(folder / "ca.crt"), "--cert", str(folder / "grafana.crt")]
    command += ["--key", str(folder / "grafana.key"), "-t", "offhook/v1/#"]
    with out.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as listener:
        try:
            yield lambda: out.read_text().splitlines()
        finally:
            listener.terminate()


def test_mosquitto_sub_with_a_service_certificate_sees_the_documented_topics(site, speech, tmp_path):
    with subscribed(site, tmp_path) as lines:
        until(lambda: any("/state" in line for line in lines()), "the retained state arrives")
        incoming_answered(site.line, speech)
        site.desk.wait_on_hook()
        site.desk.wait_delivered()
        until(lambda: any('"receipts"' in line or "receipts" in line for line in lines()), "the ack arrives")
        messages = [json.loads(line) for line in lines()]
    seen: dict[str, list[bytes]] = {}
    for message in messages:
        topics, leaf = parse_topic(message["topic"])
        assert topics.desk == "demo-d001"
        assert message["qos"] == 1
        seen.setdefault(leaf, []).append(message["payload"].encode())
    assert set(seen) == {"state", "health", "call", "ledger", "ack"}
    for leaf, kind in MESSAGES.items():
        for payload in seen[leaf]:
            decode(kind, payload)
    entries = [Entry.parse(raw) for payload in seen["ledger"] for raw in batch.unpack(payload)]
    assert {"off_hook", "on_hook", "recording"} <= {entry.kind for entry in entries}
    assert {"off_hook", "on_hook"} <= {decode(CallState, payload).state for payload in seen["call"]}
    text = "".join(payload.decode() for each in seen.values() for payload in each)
    assert "13800138000" not in text, "no number in clear"


@pytest.fixture(scope="module")
def exported(site, speech, tmp_path_factory):
    """One call as .opus, made by `offhook open` from what a vault holds; and its recording entry."""
    incoming_answered(site.line, speech)
    site.desk.wait_on_hook()
    site.desk.wait_delivered()
    entry = last_recording(site)
    sealed = object_path(site.vaults[0].folder, str(entry.body["call"]))
    out = tmp_path_factory.mktemp("export") / "call.opus"
    command = offhook("open", str(sealed), "--key", str(site.archive_key), "-o", str(out))
    subprocess.run(command, check=True, capture_output=True)
    return out, entry


def test_opusinfo_finds_no_fault_in_an_export(exported):
    out, entry = exported
    told = subprocess.run(["opusinfo", str(out)], capture_output=True, text=True, check=True)
    said = told.stdout + told.stderr
    assert "warning" not in said.lower(), said
    assert "error" not in said.lower(), said
    length = re.search(r"Playback length: (\d+)m:([\d.]+)s", said)
    assert length is not None, said
    played = int(length[1]) * 60 + float(length[2])
    assert played == pytest.approx(int(str(entry.body["samples"])) / 8000, abs=0.0011)  # it cuts to 1 ms


def test_ffmpeg_decodes_an_export_to_what_was_on_the_line(site, exported):
    out, entry = exported
    command = ["ffmpeg", "-v", "warning", "-i", str(out), "-ar", "8000", "-ac", "1", "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    samples = np.frombuffer(done.stdout, "<i2")
    assert abs(len(samples) - int(str(entry.body["samples"]))) <= 1
    found = align(samples, truth(site))
    assert found.worst_lag_ms < 1.0
    assert found.likeness > 0.95

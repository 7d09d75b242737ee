"""A real vault (its process, its Mosquitto, SQLite on disk) and a desk made of evidence functions alone."""

import base64
import hashlib
import queue
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion

from config.load import load_vault
from firmware.evidence.chain import sign_checkpoint
from firmware.evidence.entry import FIRST_PREV, Entry, seal_details
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.recording import AudioFormat, Header, encode_audio, encode_end
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.times import format_utc
from firmware.evidence.token import make_token
from sync.vault.catalogue import calls
from sync.vault.commands.lists import call_object, desk_objects, reader
from sync.vault.commands.manage import new_code
from sync.vault.pki.authority import private_pem
from sync.wire import tus
from sync.wire.batch import pack
from sync.wire.messages import Ack, decode
from sync.wire.topics import Topics

PYTHON = [sys.executable, "-P", "-m", "firmware.cli.main"]


def utc():
    return format_utc(datetime.now(UTC))


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_until(condition, seconds=20.0):
    """What `condition` returns as soon as it is true; fails when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"not within {seconds} s: {condition}")


class VaultUnderTest:
    """`folder` of a vault with its processes."""

    def __init__(self, folder: Path, name="a"):
        self.folder, self.name = folder, name
        self.https_port, self.mqtt_port, self.service_port, self.console_port = free_ports(4)
        out = self.cli(
            "init",
            str(folder),
            "--name",
            name,
            "--host",
            "127.0.0.1",
            "--https-port",
            str(self.https_port),
            "--mqtt-port",
            str(self.mqtt_port),
            "--mqtt-service-port",
            str(self.service_port),
            "--console-port",
            str(self.console_port),
            config=False,
        )
        self.password = out.split("admin / ", 1)[1].split()[0]
        self.config = folder / "vault.toml"
        self.archive = ArchivePrivateKey.load(folder / "keys" / "archive.pem")
        self.key = SigningKey.load(folder / "keys" / "vault.pem").public
        self.processes = {}
        self.https = urllib3.PoolManager(ca_certs=str(folder / "ca" / "ca.crt"), retries=False, timeout=20)
        self.url = f"https://127.0.0.1:{self.https_port}"

    def cli(self, *arguments, config=True, check=True):
        more = ["--config", str(self.config)] if config else []
        done = subprocess.run(
            [*PYTHON, "vault", *arguments, *more], capture_output=True, text=True, check=False
        )
        if check:
            assert done.returncode == 0, done.stderr
            return done.stdout
        return done

    def start_broker(self):
        log = open(self.folder / "mosquitto.log", "ab")  # noqa: SIM115 -- the child keeps it
        self.processes["broker"] = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self.folder / "broker" / "mosquitto.conf")],
            stdout=log,
            stderr=log,
        )
        self._wait_port(self.service_port)

    def start(self):
        log = open(self.folder / "vault.log", "ab")  # noqa: SIM115 -- the child keeps it
        self.processes["vault"] = subprocess.Popen(
            [*PYTHON, "vault", "run", "--config", str(self.config)], stdout=log, stderr=log
        )
        self._wait_port(self.https_port)

    def _wait_port(self, port):
        def open_now():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
            return True

        wait_until(open_now)

    def stop(self, which="vault", how=signal.SIGTERM):
        process = self.processes.pop(which)
        process.send_signal(how)
        return process.wait(20)

    def close(self):
        self.https.clear()  # or the vault would wait for idle connections
        for which in list(self.processes):
            self.stop(which)

    def log(self):
        return (self.folder / "vault.log").read_text()

    def objects(self):
        return sorted(str(p.relative_to(self.folder / "objects")) for p in self.folder.glob("objects/*/*"))

    def quarantined(self):
        return sorted(p.name for p in self.folder.glob("quarantine/*/*"))

    @property
    def settings(self):
        return load_vault(self.config)

    def calls(self, **where):
        with reader(self.settings) as db:
            return [call_object(call) for call in calls.calls(db, calls.CallFilter(**where)).items]

    def desks(self):
        with reader(self.settings) as db:
            return {desk["desk"]: desk for desk in desk_objects(db)}

    def code(self, desk):
        return str(new_code(self.settings, desk=desk, site="", hours=None))

    def session(self):
        """(cookie header, csrf) of the administrator."""
        answer = self.https.request(
            "POST", self.url + "/api/v1/session", json={"login": "admin", "password": self.password}
        )
        assert answer.status == 200, answer.data
        return {"Cookie": answer.headers["set-cookie"].split(";")[0]}, answer.json()["csrf"]


class DeskUnderTest:
    """What a desk says, without a desk: ledger in memory, recordings of random packets."""

    def __init__(self, vault: VaultUnderTest, desk_id: str, folder: Path, *, enrol=True):
        self.vault, self.id, self.folder = vault, desk_id, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key = SigningKey.generate()
        self.mqtt_key = ec.generate_private_key(ec.SECP256R1())
        self.boot = str(uuid.uuid4())
        self.entries: list[Entry] = []
        self.acks: queue.Queue[Ack] = queue.Queue()
        self.client = None
        if enrol:
            self.answer = self.enrol()

    # identity

    def csr(self, key=None, cn="whatever"):
        builder = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
        )
        return builder.sign(key or self.mqtt_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def request_enrol(self, code, **changes):
        body = {
            "code": code,
            "desk_public_key": self.key.public.base64,
            "csr": self.csr(),
            "desk_id": "",
        } | changes
        return self.vault.https.request("POST", self.vault.url + "/api/v1/enrol", json=body)

    def enrol(self):
        answer = self.request_enrol(self.vault.code(self.id))
        assert answer.status == 200, answer.data
        found = answer.json()
        (self.folder / "mqtt.crt").write_text(found["certificate"])
        (self.folder / "ca.crt").write_text(found["ca"])
        (self.folder / "mqtt.key").write_bytes(private_pem(self.mqtt_key))
        self.topics = Topics(found["site"], self.id)
        return found

    def token(self, **changes):
        values = {
            "key": self.key,
            "desk": self.id,
            "audience": self.vault.name,
            "now": datetime.now(UTC),
        } | changes
        return make_token(**values)

    # ledger

    def append(self, kind, **body):
        seq = len(self.entries) + 1
        if kind == "checkpoint":
            at, head = utc(), self.entries[-1].hash if self.entries else FIRST_PREV
            body = {"head": head, "off_hook_ms": 0, "recorded_ms": 0, "quiet": False} | body
            body["sig"] = body.get("sig") or sign_checkpoint(self.key, self.id, seq, head, at)
        else:
            at = utc()
        entry = Entry(
            at=at,
            body=body,
            boot=self.boot,
            desk=self.id,
            kind=kind,
            mono_ns=time.monotonic_ns(),
            prev=self.entries[-1].hash if self.entries else FIRST_PREV,
            seq=seq,
        )
        self.entries.append(entry)
        return entry

    def connect(self):
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.id, clean_session=False)
        f = self.folder
        client.tls_set(ca_certs=str(f / "ca.crt"), certfile=str(f / "mqtt.crt"), keyfile=str(f / "mqtt.key"))
        ready = queue.Queue()
        client.on_socket_open = lambda _c, _u, s: s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.on_connect = lambda c, *_: c.subscribe(self.topics.ack, 1)
        client.on_subscribe = lambda *_: ready.put(True)
        client.on_message = lambda _c, _u, m: self.acks.put(decode(Ack, m.payload))
        client.connect("127.0.0.1", self.vault.mqtt_port)
        client.loop_start()
        ready.get(timeout=20)
        self.client = client
        return self

    def close(self):
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()

    def publish(self, topic, payload):
        self.client.publish(topic, payload, qos=1).wait_for_publish(20)

    def send(self, entries=None):
        """Publish entries (all by default) in as many batches as they need."""
        rest = [e.raw if isinstance(e, Entry) else e for e in (self.entries if entries is None else entries)]
        while rest:
            payload, taken = pack(rest)
            self.publish(self.topics.ledger, payload)
            rest = rest[taken:]

    def ack(self, seq, seconds=20):
        """The first ack that says exactly this."""
        while True:
            ack = self.acks.get(timeout=seconds)
            if ack.ledger_seq == seq:
                return ack

    def receipt(self, seconds=20):
        while True:
            ack = self.acks.get(timeout=seconds)
            if ack.receipts:
                return ack.receipts[0]

    # recordings

    def record(self, seconds=3, seq=None, packet=60):
        """(bytes, number of frames, samples) of a sealed recording of the call `seq`."""
        call = f"{self.id}/{seq or self.entries[-1].seq}"
        audio = AudioFormat(channels=1, codec="opus", frame_ms=20, rate_hz=8000)
        header = Header(audio=audio, boot=self.boot, call=call, desk=self.id, started=utc())
        sealer = RecordingSealer(header, [self.vault.archive.public])
        out = [sealer.intro]
        for second in range(seconds):
            packets = [secrets.token_bytes(packet) for _ in range(50)]
            out.append(sealer.seal(encode_audio(second * 8000, packets)))
        end = {"ended_by": "on_hook", "gaps": 0, "lost_samples": 0, "samples": seconds * 8000}
        out.append(sealer.seal(encode_end(end), last=True))
        return b"".join(out), sealer.frames, seconds * 8000

    def call(self, seconds=3, details=None, packet=60, **changes):
        """A whole call in the ledger: off_hook, on_hook, recording, checkpoint. Returns (seq, bytes)."""
        off = self.append("off_hook")
        data, frames, samples = self.record(seconds, off.seq, packet)
        self.append("on_hook", call=f"{self.id}/{off.seq}")
        body = {
            "call": f"{self.id}/{off.seq}",
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "frames": frames,
            "samples": samples,
            "lost_samples": 0,
            "gaps": 0,
            "started": off.at,
            "ended": utc(),
            "ended_by": "on_hook",
        }
        if details is not None:
            seq = len(self.entries) + 1
            body["details"] = seal_details(self.vault.archive.public, self.id, seq, details)
        self.append("recording", **(body | changes))
        self.append("checkpoint")
        return off.seq, data

    # uploads

    def http(self, method, path, body=b"", token=None, **headers):
        names = {"Tus-Resumable": tus.VERSION, "Authorization": f"Bearer {token or self.token()}"}
        names |= {key.replace("_", "-"): value for key, value in headers.items()}
        return self.vault.https.request(method, self.vault.url + path, body=body, headers=names)

    def create(self, seq, length=None, **headers):
        promise = {"Upload_Defer_Length": "1"} if length is None else {"Upload_Length": str(length)}
        metadata = {"Upload_Metadata": tus.metadata({"call": f"{self.id}/{seq}"})}
        return self.http("POST", tus.UPLOADS_PATH, **(metadata | promise | headers))

    def patch(self, seq, offset, data, **headers):
        usual = {
            "Upload_Offset": str(offset),
            "Upload_Checksum": tus.checksum(data),
            "Content_Type": tus.CONTENT_TYPE,
        }
        return self.http("PATCH", f"{tus.UPLOADS_PATH}/{self.id}/{seq}", body=data, **(usual | headers))

    def head(self, seq):
        return self.http("HEAD", f"{tus.UPLOADS_PATH}/{self.id}/{seq}")

    def upload(self, seq, data, step=100_000):
        assert self.create(seq).status == 201
        for at in range(0, len(data), step):
            piece = data[at : at + step]
            last = {"Upload_Length": str(len(data))} if at + step >= len(data) else {}
            answer = self.patch(seq, at, piece, **last)
            assert answer.status == 204, answer.data


@pytest.fixture(scope="session")
def vault(tmp_path_factory):
    """One running vault for all tests that leave it as they found it: each takes desks of its own."""
    running = VaultUnderTest(tmp_path_factory.mktemp("vault") / "a")
    running.start_broker()
    running.start()
    yield running
    running.close()


@pytest.fixture
def own_vault(tmp_path):
    """A vault that a test may kill."""
    running = VaultUnderTest(tmp_path / "own", name="own")
    running.start_broker()
    running.start()
    yield running
    running.close()


@pytest.fixture
def make_desk(tmp_path):
    made = []

    def make(vault, desk_id="", *, enrol=True, connect=True):
        desk = DeskUnderTest(
            vault, desk_id or f"t-{secrets.token_hex(4)}", tmp_path / f"desk{len(made)}", enrol=enrol
        )
        made.append(desk)
        return desk.connect() if enrol and connect else desk

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def desk(vault, make_desk):
    return make_desk(vault)


@pytest.fixture(name="wait_until")
def _wait_until():
    return wait_until


@pytest.fixture(name="b64")
def _b64():
    return lambda data: base64.b64encode(data).decode()

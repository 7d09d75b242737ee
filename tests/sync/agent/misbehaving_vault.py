"""A small vault that does what it is told, also wrong: real TLS, real tus, real Mosquitto, real signatures.

`faults` holds (method, fault) pairs; each request of that method takes the first meant for it. Faults: a
status code as text ("500", "401", "409", "423", "460", …), "nothing" (takes the request, never answers),
"half" (breaks off inside the answer's head), "cut" (closes without a byte), "liar" (204 with a wrong offset).
"""

import http.server
import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from firmware.evidence.entry import Entry
from firmware.evidence.keys import SigningKey, VerifyKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.times import format_utc
from firmware.evidence.token import check_token
from sync.wire import batch, tus
from sync.wire.messages import Ack, encode
from sync.wire.topics import Topics, parse_topic

PATIENCE_S = 30.0


class Pki:
    """A CA with a server certificate for loopback, and client certificates."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
        self.ca = self._sign(self._name, self._key.public_key(), ca=True)
        self.ca_file = folder / "ca.crt"
        self.ca_file.write_bytes(self.ca.public_bytes(Encoding.PEM))
        self.server = self.issue(folder / "server", "localhost")

    def issue(self, stem: Path, cn: str) -> tuple[Path, Path]:
        """(certificate, key) files for `cn`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, private = stem.with_suffix(".crt"), stem.with_suffix(".key")
        certificate.write_bytes(self.certify(cn, key.public_key()))
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        private.chmod(0o600)
        return certificate, private

    def certify(self, cn: str, public: ec.EllipticCurvePublicKey) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
        return self._sign(name, public, ca=False).public_bytes(Encoding.PEM)

    def _sign(self, name: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())


class Mosquitto:
    """The real broker, with client certificates required."""

    def __init__(self, pki: Pki) -> None:
        self.port = free_port()
        self._folder = pki.folder / "broker"
        self._folder.mkdir()
        certificate, key = pki.server
        (self._folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\ncafile {pki.ca_file}\ncertfile {certificate}\nkeyfile {key}\n"
            "require_certificate true\nuse_identity_as_username true\nallow_anonymous false\nuser root\n"
            "max_packet_size 65536\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program, "mosquitto is not installed: apt-get install mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("ab"),
        )
        wait_listening(self.port)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class MisbehavingVault:
    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.pki = Pki(folder, name)
        self.key = SigningKey.generate()
        self.broker = Mosquitto(self.pki)
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.faults: deque[tuple[str, str]] = deque()
        self.requests: list[tuple[str, int]] = []  # (method, status or 0)
        self.uploads: dict[str, bytearray] = {}
        self.lengths: dict[str, int] = {}
        self.entries: dict[int, bytes] = {}
        self.messages: list[tuple[str, bytes]] = []
        self.acks = True  # answer ledger batches
        self.receipts_by_mqtt = True
        self.on_enrol: Callable[[dict[str, str]], tuple[int, dict[str, object]]] | None = None
        self.forge: Callable[[Receipt], str] | None = None
        self.clock_skew = timedelta()
        self._desks: dict[str, VerifyKey] = {}
        self._receipted: set[str] = set()
        self._changed = threading.Condition()
        self._released = threading.Event()
        self._http: http.server.ThreadingHTTPServer | None = None
        self.listen()
        self._mqtt = self._connect()

    def know(self, desk: str, key: VerifyKey, keys: Path) -> None:
        """As after enrolment: the desk's key is known, its client certificate lies in its `keys`."""
        self._desks[desk] = key
        self.pki.issue(keys / self.name, desk)

    # what a test looks at

    def wait_for(self, predicate: Callable[[], object], what: str = "") -> None:
        with self._changed:
            assert self._changed.wait_for(predicate, PATIENCE_S), (
                f"never came true: {what}: {self.requests[-8:]}"
            )

    def has(self, call: str, content: bytes, *, complete: bool = True) -> bool:
        told = not complete or self.lengths.get(call) == len(content)
        return bytes(self.uploads.get(call, b"")) == content and told

    def said(self, leaf: str) -> list[dict[str, object]]:
        return [json.loads(payload) for topic, payload in self.messages if topic.endswith(f"/{leaf}")]

    def seen(self, kind: str) -> list[Entry]:
        entries = (Entry.parse(raw) for _, raw in sorted(self.entries.items()))
        return [entry for entry in entries if entry.kind == kind]

    def publish(self, desk: str, leaf: str, payload: bytes | str) -> None:
        self._mqtt.publish(Topics(site="main", desk=desk).of(leaf), payload, qos=1)

    # HTTPS

    def listen(self) -> None:
        vault = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, ssl.SSLError, ValueError):
                    self.close_connection = True

            def answer(self) -> None:
                vault._handle(self)

            do_GET = do_POST = do_HEAD = do_PATCH = do_OPTIONS = answer

            def log_message(self, *_: object) -> None:
                pass

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string((timestamp or time.time()) + vault.clock_skew.total_seconds())

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pki.server)
        self._http = Server(("127.0.0.1", self.port), Handler)
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def stop_listening(self) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def _handle(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        method = request.command
        fault = self._fault(method)
        if fault == "nothing":
            self._note(method, 0)
            self._released.wait(PATIENCE_S)
            request.close_connection = True
            return
        if fault in ("half", "cut"):
            self._note(method, 0)
            if fault == "half":
                request.wfile.write(b"HTTP/1.1 204 No Content\r\nUpload-Off")
            request.close_connection = True
            return
        status, headers, content = self._answer(method, request.path, request.headers, body, fault)
        request.send_response(status)
        for key, value in headers.items():
            request.send_header(key, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if method != "HEAD":
            request.wfile.write(content)
        self._note(method, status)

    def _fault(self, method: str) -> str:
        with self._changed:
            for pair in self.faults:
                if pair[0] in (method, "*"):
                    self.faults.remove(pair)
                    return pair[1]
        return ""

    def _note(self, method: str, status: int) -> None:
        with self._changed:
            self.requests.append((method, status))
            self._changed.notify_all()

    def _answer(self, method, path, headers, body: bytes, fault: str) -> tuple[int, dict[str, str], bytes]:
        if fault.isdecimal():
            return int(fault), {}, b'{"detail": "told to"}'
        if path == "/api/v1/enrol/ca":
            return 200, {}, self.pki.ca_file.read_bytes()
        if path == "/api/v1/enrol" and self.on_enrol:
            status, told = self.on_enrol(json.loads(body))
            return status, {}, json.dumps(told).encode()
        if method == "OPTIONS":
            return 204, {"Tus-Version": "1.0.0"}, b""
        if not self._authorised(headers.get("Authorization", "")):
            return 401, {}, b""
        assert headers[tus.RESUMABLE] == tus.VERSION
        with self._changed:
            status, answer = self._tus(method, path, headers, body, fault)
            self._changed.notify_all()
        return status, answer, b""

    def _authorised(self, header: str) -> bool:
        token = header.removeprefix("Bearer ")
        now = datetime.now(UTC) + self.clock_skew
        for desk, key in self._desks.items():
            try:
                return check_token(token, key, self.name, now) == desk
            except Exception:
                continue
        return False

    def _tus(self, method, path, headers, body: bytes, fault: str) -> tuple[int, dict[str, str]]:
        if method == "POST":
            call = tus.parse_metadata(headers[tus.METADATA])["call"]
            self.uploads.setdefault(call, bytearray())
            if tus.LENGTH in headers:
                self.lengths[call] = int(headers[tus.LENGTH])
            return 201, {"Location": f"/api/v1/uploads/{call}"}
        call = path.removeprefix("/api/v1/uploads/")
        if call not in self.uploads:
            return 404, {}
        held = self.uploads[call]
        if method == "HEAD":
            length = (
                {tus.LENGTH: str(self.lengths[call])} if call in self.lengths else {tus.DEFER_LENGTH: "1"}
            )
            return 200, {tus.OFFSET: str(len(held)), **length, **self._receipt_header(call)}
        assert headers[tus.CHECKSUM] == tus.checksum(body)
        if int(headers[tus.OFFSET]) != len(held):
            return 409, {tus.OFFSET: str(len(held))}
        held += body
        if tus.LENGTH in headers:
            self.lengths[call] = int(headers[tus.LENGTH])
        offset = len(held) + (7 if fault == "liar" else 0)
        return 204, {tus.OFFSET: str(offset), **self._receipt_header(call)}

    # receipts and ledger

    def receipt(self, call: str) -> str | None:
        """For a complete upload whose `recording` entry is known; None before that."""
        if self.lengths.get(call) != len(self.uploads.get(call, b"")):
            return None
        for entry in self.seen("recording"):
            if entry.body["call"] == call:
                body = entry.body
                receipt = Receipt(
                    call=call,
                    frames=body["frames"],
                    sha256=body["sha256"],
                    size=body["size"],
                    stored_at=format_utc(datetime.now(UTC)),
                    vault=self.name,
                )
                return self.forge(receipt) if self.forge else receipt.sign(self.key)
        return None

    def _receipt_header(self, call: str) -> dict[str, str]:
        receipt = self.receipt(call)
        return {tus.RECEIPT: receipt} if receipt else {}

    def _connect(self) -> paho.Client:
        certificate, key = self.pki.issue(self.pki.folder / "service", "vault.service")
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="vault", clean_session=False)
        client.tls_set(str(self.pki.ca_file), str(certificate), str(key))
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda *_: client.subscribe("offhook/v1/#", qos=1)
        client.on_message = lambda _c, _d, message: self._message(message.topic, message.payload)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        return client

    def _message(self, topic: str, payload: bytes) -> None:
        topics, leaf = parse_topic(topic)
        if leaf in ("ack", "command"):
            return
        with self._changed:
            self.messages.append((topic, payload))
            if leaf == "ledger":
                self._take(payload)
            self._changed.notify_all()
        if leaf == "ledger" and self.acks:
            self.ack(topics.desk)

    def _take(self, payload: bytes) -> None:
        """Only what connects, as a vault does."""
        if not self.acks:
            return
        for raw in batch.unpack(payload):
            entry = Entry.parse(raw)
            if entry.seq == len(self.entries) + 1:
                assert entry.seq == 1 or Entry.parse(self.entries[entry.seq - 1]).hash == entry.prev
                self.entries[entry.seq] = raw
            else:
                assert self.entries.get(entry.seq, raw) == raw

    def ack(self, desk: str) -> None:
        receipts = [self.receipt(call) for call in self.uploads] if self.receipts_by_mqtt else []
        message = Ack(ledger_seq=len(self.entries), receipts=tuple(one for one in receipts if one))
        self.publish(desk, "ack", encode(message))

    def close(self) -> None:
        self._released.set()
        self.stop_listening()
        self._mqtt.disconnect()
        self._mqtt.loop_stop()
        self.broker.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_listening(port: int) -> None:
    ends = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < ends
        time.sleep(0.02)

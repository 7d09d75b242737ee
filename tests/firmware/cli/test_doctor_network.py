"""`offhook doctor` against a real broker with client certificates and a TLS server, and against neither."""

import datetime as dt
import http.server
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.load import load_desk
from drivers.clock.system import SystemClock
from firmware.cli.examination import mqtt, network
from firmware.evidence.keys import SigningKey
from firmware.status import AgentStatus, ReplicaStatus

CLOCK = SystemClock()
PATIENCE_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Authority:
    """A CA in a folder."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._certify("ca", self.key.public_key(), ca=True)
        (folder / "ca.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, stem, common_name, *, days=365) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        (self.folder / f"{stem}.crt").write_bytes(
            self._certify(common_name, key.public_key(), days=days).public_bytes(serialization.Encoding.PEM)
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{stem}.key").write_bytes(pem)
        (self.folder / f"{stem}.key").chmod(0o600)

    def _certify(self, common_name, public_key, *, ca=False, days=365):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if ca else self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=400))
            .not_valid_after(now + dt.timedelta(days=days, hours=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        )
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """CA, a broker that wants client certificates, and an HTTPS server that answers `site.answer`."""
    folder = tmp_path_factory.mktemp("site")
    made = Site(folder)
    yield made
    made.close()


class Site:
    def __init__(self, folder) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        self.authority.issue("server", "server")
        self.answer = 404
        self.asked: list[tuple[str, str]] = []
        self.mqtt_port = free_port()
        self.broker = self._broker()
        self.https = self._https()

    def _broker(self):
        folder, port = self.folder, self.mqtt_port
        (folder / "broker.conf").write_text(
            f"listener {port} 127.0.0.1\ncafile {folder}/ca.pem\ncertfile {folder}/server.crt\n"
            f"keyfile {folder}/server.key\nrequire_certificate true\nuse_identity_as_username true\n"
            "allow_anonymous true\npersistence false\nuser root\n"
        )
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
        process = subprocess.Popen(
            [program, "-c", folder / "broker.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process
            time.sleep(0.02)
        raise AssertionError("the broker did not start")

    def _https(self):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                site.asked.append((self.path, self.headers.get("Authorization", "")))
                self.send_response(site.answer)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self) -> None:
        self.https.shutdown()
        self.https.server_close()
        self.broker.terminate()
        self.broker.wait(PATIENCE_S)


@pytest.fixture
def settings(site, tmp_path):
    site.answer = 404
    (tmp_path / "keys").mkdir()
    SigningKey.generate().save(tmp_path / "keys" / "desk.pem")
    site.authority.issue("a", "t-1")
    for suffix in ("crt", "key"):
        shutil.copy(site.folder / f"a.{suffix}", tmp_path / "keys")
    public = SigningKey.generate().public.base64
    (tmp_path / "desk.toml").write_text(f"""
state_dir = "."
receipts_required = 1
[desk]
id = "t-1"
[[replica]]
name = "a"
mqtt_host = "127.0.0.1"
mqtt_port = {site.mqtt_port}
https_url = "https://127.0.0.1:{site.https.server_address[1]}/"
ca_file = "{site.folder}/ca.pem"
public_key = "{public}"
""")
    return load_desk(tmp_path / "desk.toml")


def examined(settings, agent=None):
    return {item.name: item for item in network.examine(settings, CLOCK, agent)}


def test_a_vault_that_lets_the_desk_in(settings, site):
    items = examined(settings)
    assert {name: item.state for name, item in items.items()} == {
        "MQTT port": "ok", "HTTPS port": "ok", "desk certificate": "ok", "vault's CA": "ok",
        "MQTT": "ok", "HTTPS": "ok",
    }  # fmt: skip
    path, authorization = site.asked[-1]
    assert path == "/api/v1/uploads/t-1/1"
    assert authorization.startswith("Bearer ey")


@pytest.mark.parametrize(("answer", "words"), [(401, "token"), (403, "token"), (500, "500")])
def test_a_vault_that_does_not_know_the_desk_or_is_broken(settings, site, answer, words):
    site.answer = answer
    item = examined(settings)["HTTPS"]
    assert item.state == "fail"
    assert words in item.found


def test_a_certificate_of_another_ca_is_refused_by_broker_and_desk_alike(settings, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    Authority(other).issue("a", "t-1")
    for suffix in ("crt", "key"):
        shutil.copy(other / f"a.{suffix}", settings.keys_path)
    assert examined(settings)["MQTT"].state == "fail"
    stranger = (settings.keys_path.parent / "desk.toml").read_text()
    before, _, after = stranger.partition('ca_file = "')
    text = f'{before}ca_file = "{other}/ca.pem"{after.partition(chr(34))[2]}'
    (tmp_path / "desk.toml").write_text(text)
    items = examined(load_desk(tmp_path / "desk.toml"))
    assert (items["MQTT"].state, items["HTTPS"].state) == ("fail", "fail")
    assert "TLS" in items["HTTPS"].found


@pytest.mark.parametrize(("days", "state"), [(29, "warn"), (-1, "fail"), (31, "ok")])
def test_certificates_that_end(settings, site, days, state):
    site.authority.issue("a", "t-1", days=days)
    shutil.copy(site.folder / "a.crt", settings.keys_path)
    shutil.copy(site.folder / "a.key", settings.keys_path)
    assert examined(settings)["desk certificate"].state == state


def test_nobody_there(settings, site):
    file = settings.state_path / "desk.toml"
    file.write_text(
        file.read_text()
        .replace(f"mqtt_port = {site.mqtt_port}", f"mqtt_port = {free_port()}")
        .replace("https://127.0.0.1", "https://vault.invalid")
    )
    items = examined(load_desk(file))
    assert items["MQTT port"].state == items["HTTPS name"].state == "fail"
    assert "MQTT" not in items  # no use to ask further


def test_the_agents_connection_is_left_alone(settings, site):
    def agent(**replica):
        return AgentStatus(
            pid=1, boot="b", mono_ns=1, started_mono_ns=1, replicas={"a": ReplicaStatus(**replica)}
        )

    assert examined(settings, agent(mqtt=True))["MQTT"].found == "the agent is connected"
    item = examined(settings, agent(error="refused by the broker"))["MQTT"]
    assert (item.state, "refused by the broker" in item.found) == ("fail", True)


def test_a_desk_without_vaults(tmp_path):
    (item,) = network.examine(load_desk(), CLOCK, None)
    assert item.state == "fail"


def answered(context, reply: bytes):
    """Shake hands with a TLS server that reads a CONNECT, sends `reply` and closes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        plain, _ = server.accept()
        with context.wrap_socket(plain, server_side=True) as tls:
            tls.recv(100)
            tls.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return server, thread


@pytest.mark.parametrize(
    ("reply", "words"),
    [(b"\x20\x02\x00\x04", "certificate"), (b"\x20\x02\x00\x09", "code 9"), (b"HTTP", "no MQTT broker"),
     (b"\x20", "closed the connection")],
)  # fmt: skip
def test_what_a_broker_may_answer(site, reply, words):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site.folder / "server.crt", site.folder / "server.key")
    server, thread = answered(context, reply)
    trusting = ssl.create_default_context(cafile=site.folder / "ca.pem")
    with server, pytest.raises(mqtt.MqttRefusedError, match=words):
        mqtt.shake_hands("127.0.0.1", server.getsockname()[1], trusting, "t-1")
    thread.join(PATIENCE_S)


def test_the_connect_packet_is_that_of_the_standard():
    assert mqtt.connect_packet("t-1").hex() == "100f00044d5154540400001e0003742d31"
    with pytest.raises(ValueError, match="too long"):
        mqtt.connect_packet("x" * 120)

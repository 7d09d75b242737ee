"""From name to welcome, for each replica: DNS, TCP, TLS, MQTT, HTTPS, certificates; is this desk known."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from config.desk import DeskSettings, Replica
from drivers.clock import Clock
from firmware.cli.examination.item import Item, fail, ok, warn
from firmware.cli.examination.mqtt import TIMEOUT_S, MqttRefusedError, shake_hands
from firmware.evidence.errors import EvidenceError
from firmware.evidence.keys import SigningKey
from firmware.evidence.token import make_token
from firmware.status import AgentStatus

EXPIRES_SOON_DAYS = 30
UPLOADS = "/api/v1/uploads"  # tus; asks for the desk's token like every other path of a desk
ENROL = "Enrol this desk again: offhook enrol URL CODE"


def examine(settings: DeskSettings, clock: Clock, agent: AgentStatus | None) -> Iterator[Item]:
    """`agent`: its status while it lives; it holds the desk's one MQTT connection, a second would end it."""
    if not settings.replica:
        yield fail("network", "vaults", "the settings name none", "Enrol this desk: offhook enrol URL CODE")
    for replica in settings.replica:
        yield from _replica(settings, clock, replica, agent)


def _replica(
    settings: DeskSettings, clock: Clock, replica: Replica, agent: AgentStatus | None
) -> Iterator[Item]:
    area = f"vault {replica.name}"
    url = urlsplit(replica.https_url)
    host, port = url.hostname or "", url.port or 443
    reached = True
    for name, at_host, at_port in (("MQTT", replica.mqtt_host, replica.mqtt_port), ("HTTPS", host, port)):
        item = _tcp(area, name, at_host, at_port)
        reached = reached and item.state == "ok"
        yield item
    certificate = settings.keys_path / f"{replica.name}.crt"
    yield _expiry(area, "desk certificate", certificate, clock)
    yield _expiry(area, "vault's CA", Path(replica.ca_file), clock)
    if not reached:
        return
    try:
        context = _context(replica, settings.keys_path)
        trusting = ssl.create_default_context(cafile=replica.ca_file)
    except (OSError, ssl.SSLError) as error:
        yield fail(area, "TLS", f"the desk's TLS files cannot be used: {error}", ENROL)
        return
    yield _mqtt(area, settings, replica, context, agent)
    yield _known(area, settings, clock, replica, trusting)


def _tcp(area: str, name: str, host: str, port: int) -> Item:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return fail(area, f"{name} name", f"{host} is not known: {error}",
                    f"Check the desk's DNS server, or whether {host} is right")  # fmt: skip
    try:
        socket.create_connection((host, port), TIMEOUT_S).close()
    except OSError as error:
        return fail(area, f"{name} port", f"{host} port {port}: {error}",
                    "Check the network cable, the firewall, and whether the vault runs")  # fmt: skip
    return ok(area, f"{name} port", f"{host} ({addresses[0][4][0]}) port {port} answers")


def _context(replica: Replica, keys: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=replica.ca_file)
    context.load_cert_chain(keys / f"{replica.name}.crt", keys / f"{replica.name}.key")
    return context


def _mqtt(
    area: str,
    settings: DeskSettings,
    replica: Replica,
    context: ssl.SSLContext,
    agent: AgentStatus | None,
) -> Item:
    if agent is not None and (said := agent.replicas.get(replica.name)) is not None:
        if said.mqtt:
            return ok(area, "MQTT", "the agent is connected")
        return fail(area, "MQTT", f"the agent is not connected: {said.error or 'no reason told'}",
                    "Look at the agent's log: journalctl -u offhook-agent")  # fmt: skip
    try:
        shake_hands(replica.mqtt_host, replica.mqtt_port, context, settings.desk.id)
    except MqttRefusedError as error:
        return fail(area, "MQTT", f"the broker answers, but {error}", ENROL)
    except ssl.SSLError as error:
        return fail(area, "MQTT", f"TLS fails: {error}", ENROL)
    except OSError as error:
        return fail(
            area, "MQTT", f"the connection breaks: {error}", "Try again; then look at the broker's log"
        )
    return ok(area, "MQTT", "the broker lets this desk in")


def _known(
    area: str, settings: DeskSettings, clock: Clock, replica: Replica, context: ssl.SSLContext
) -> Item:
    try:
        key = SigningKey.load(settings.keys_path / "desk.pem")
    except EvidenceError as error:
        return fail(area, "HTTPS", f"no token can be made: {error}", ENROL)
    token = make_token(key, settings.desk.id, replica.name, clock.wall())
    try:
        status, reason = _ask(replica, settings.desk.id, token, context)
    except ssl.SSLError as error:
        return fail(area, "HTTPS", f"TLS fails: {error}", ENROL)
    except (OSError, http.client.HTTPException) as error:
        return fail(area, "HTTPS", f"no answer: {error}", "Check that the vault runs, and its log")
    if status in (200, 204, 404, 410):  # 404: no such upload, said only to a desk that it knows
        return ok(area, "HTTPS", "the vault answers and knows this desk")
    if status in (401, 403):
        return fail(area, "HTTPS", f"the vault does not take this desk's token ({status} {reason})",
                    f"Compare the desk's clock with the vault's. {ENROL}")  # fmt: skip
    return fail(area, "HTTPS", f"the vault answers {status} {reason}", "Look at the vault's log")


def _ask(replica: Replica, desk: str, token: str, context: ssl.SSLContext) -> tuple[int, str]:
    url = urlsplit(replica.https_url)
    connection = http.client.HTTPSConnection(
        url.hostname or "", url.port or 443, timeout=TIMEOUT_S, context=context
    )
    try:
        headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        connection.request("HEAD", f"{url.path.rstrip('/')}{UPLOADS}/{desk}/1", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.reason
    finally:
        connection.close()


def _expiry(area: str, name: str, path: Path, clock: Clock) -> Item:
    from cryptography import x509

    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return fail(area, name, f"{path}: {error}", ENROL)
    days = (ends - clock.wall().astimezone(UTC)).days
    found = f"ends {_day(ends)}, in {days} days"
    if days < 0:
        return fail(area, name, found, ENROL)
    if days < EXPIRES_SOON_DAYS:
        return warn(area, name, found, ENROL)
    return ok(area, name, found)


def _day(at: datetime) -> str:
    return at.date().isoformat()

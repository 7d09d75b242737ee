"""The vault's one connection to its broker; the only file that imports paho.

Persistent session (a message that came while the vault was down waits for it), manual acknowledgement (the
broker forgets a message only when the vault has it on disk).
"""

import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from firmware.log import event
from sync.vault.layout import TlsFiles
from sync.wire.topics import QOS, vault_subscriptions

log = logging.getLogger("vault")
KEEPALIVE_S = 30
BACKOFF_S = (1, 60)
OUTBOX = 10_000  # acks that wait for the broker; a lost one costs the desk one repetition


@dataclass(frozen=True, slots=True)
class Message:
    """`done` tells the broker to forget it: call it once what it says is durable, or cannot ever be."""

    topic: str
    payload: bytes
    done: Callable[[], None]


class Broker:
    """`on_message` and `on_change` (connected?) are called from paho's thread."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        client_id: str,
        tls: TlsFiles,
        on_message: Callable[[Message], None],
        on_change: Callable[[bool], None],
    ) -> None:
        self._host, self._port = host, port
        self._on_message = on_message
        self._on_change = on_change
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            manual_ack=True,
        )
        context = ssl.create_default_context(cafile=str(tls.ca))
        context.load_cert_chain(tls.cert, tls.key)
        client.tls_set_context(context)
        client.reconnect_delay_set(*BACKOFF_S)
        client.max_queued_messages_set(OUTBOX)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        client.on_socket_open = _without_delay
        self._client = client

    def start(self) -> None:
        """Connect in the background, now and whenever the connection is gone; a broker may come later."""
        self._client.connect_async(self._host, self._port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes) -> None:
        """QoS 1, not retained. What does not fit into the outbox is dropped: the protocol repeats it."""
        if self._client.publish(topic, payload, qos=QOS).rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            event(log, "outbox_full", level=logging.WARNING)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self, client: mqtt.Client, _user: Any, _flags: Any, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            event(log, "broker_refused", level=logging.WARNING, reason=reason)
            return
        client.subscribe([(topic, QOS) for topic in vault_subscriptions()])
        event(log, "broker_connected", host=self._host, port=self._port)
        self._on_change(True)

    def _disconnected(
        self,
        _client: mqtt.Client,
        _user: Any,
        _flags: Any,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        event(
            log,
            "broker_disconnected",
            level=logging.WARNING if reason.is_failure else logging.INFO,
            reason=reason,
        )
        self._on_change(False)

    def _received(self, client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        mid, qos = message.mid, message.qos
        self._on_message(Message(message.topic, bytes(message.payload), lambda: _forget(client, mid, qos)))


def _without_delay(_client: mqtt.Client, _user: Any, connection: Any) -> None:
    """An ack behind a PUBACK would wait 40 ms for the broker's delayed TCP acknowledgement (Nagle)."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _forget(client: mqtt.Client, mid: int, qos: int) -> None:
    client.ack(mid, qos)

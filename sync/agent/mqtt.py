"""One MQTT connection to one replica's broker: the only file of the desk that imports paho.

A thread connects, serves and connects again, with back-off and jitter from the first attempt on. Each
connection gets a client object of its own: what an old one had queued is dropped, since the ledger is the
outbox and the rest is told anew. The broker's session stays (clean session off, client id = desk id).
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from sync.agent.backoff import Backoff
from sync.wire.messages import MAX_PAYLOAD_BYTES, Presence
from sync.wire.topics import QOS, RETAINED, TO_DESK, Topics

KEEPALIVE_S = 30
CONNECT_S = 5.0
LOOP_S = 5.0  # longest sleep of the thread; publishing and closing wake it
STEADY_S = 30.0  # a connection that held so long was a good one: back-off starts anew
QUEUED_MESSAGES = 64  # on one connection; batches are bounded by the outbox, health and state are few


@dataclass(frozen=True, slots=True)
class Connected:
    replica: str
    session: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """reason: a sentence for people."""

    replica: str
    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message on `leaf`, one of topics.TO_DESK."""

    replica: str
    leaf: str
    payload: bytes


LinkEvent = Connected | Disconnected | Arrived


@dataclass(frozen=True, slots=True)
class Broker:
    replica: str
    host: str
    port: int
    context: ssl.SSLContext


class MqttLink:
    """`emit` is called from the link's thread. `state_payload(presence, session)` makes will and greeting."""

    def __init__(
        self,
        broker: Broker,
        *,
        topics: Topics,
        emit: Callable[[LinkEvent], None],
        state_payload: Callable[[Presence, str], bytes],
        new_session: Callable[[], str],
        backoff: Backoff | None = None,
    ) -> None:
        self._broker, self._topics, self._emit = broker, topics, emit
        self._state_payload, self._new_session = state_payload, new_session
        self._backoff = backoff or Backoff()
        self._closing = threading.Event()
        self._client: paho.Client | None = None
        self._connected = threading.Event()
        self._session = ""
        self._reason = ""
        self._thread: threading.Thread | None = None

    def start(self, on_end: Callable[[BaseException | None], None]) -> None:
        """Begin; returns at once. `on_end` hears how the thread ended (None: closed)."""

        def body() -> None:
            try:
                self._run()
            except BaseException as error:
                on_end(error)
            else:
                on_end(None)

        self._thread = threading.Thread(target=body, name=f"mqtt-{self._broker.replica}", daemon=True)
        self._thread.start()

    def publish(self, leaf: str, payload: bytes) -> bool:
        """Hand over to the connection; False when there is none or it has too much to do. Never blocks."""
        client = self._client
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"{leaf}: {len(payload)} bytes would make a broker hang up, again and again")
        if client is None or not self._connected.is_set():
            return False
        info = client.publish(self._topics.of(leaf), payload, qos=QOS, retain=leaf in RETAINED)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self, timeout_s: float) -> None:
        """Say "stopped", disconnect so that the will stays unsent, end the thread. Bounded by `timeout_s`."""
        ends = time.monotonic() + timeout_s
        client = self._client
        self._closing.set()
        if client is not None and self._connected.is_set():
            info = client.publish(
                self._topics.state, self._state_payload("stopped", self._session), qos=QOS, retain=True
            )
            if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                info.wait_for_publish(timeout=max(0.1, timeout_s / 2))
            client.disconnect()
        if self._thread is not None:
            self._thread.join(max(0.0, ends - time.monotonic()))

    def _run(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            self._serve()
            if time.monotonic() - began > STEADY_S:
                self._backoff.reset()
            self._closing.wait(self._backoff.next_s())

    def _serve(self) -> None:
        """One connection from its first to its last byte."""
        self._reason, self._session = "", self._new_session()
        client = self._new_client()
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
            self._client = client
            while client.loop(LOOP_S) == MQTTErrorCode.MQTT_ERR_SUCCESS:
                pass
        except (OSError, ValueError) as error:
            self._reason = _reason(error)
        finally:
            self._client = None
            self._connected.clear()
        if not self._closing.is_set():
            where = f"broker {self._broker.host}:{self._broker.port}"
            self._emit(Disconnected(self._broker.replica, f"{where} {self._reason or 'hung up'}"))

    def _new_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._topics.desk,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.max_queued_messages_set(QUEUED_MESSAGES)
        client.tls_set_context(self._broker.context)
        client.will_set(
            self._topics.state, self._state_payload("offline", self._session), qos=QOS, retain=True
        )
        # With a write hook paho leaves the socket to our thread; without one `publish` writes to it from any.
        client.on_socket_register_write = lambda *_: None
        client.on_socket_unregister_write = lambda *_: None
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
        if code.is_failure:
            self._reason = f"refuses this desk: {code}"
            return
        client.subscribe([(self._topics.of(leaf), QOS) for leaf in TO_DESK])
        client.publish(self._topics.state, self._state_payload("online", self._session), qos=QOS, retain=True)
        self._connected.set()
        self._emit(Connected(self._broker.replica, self._session))

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
        if not self._reason:
            self._reason = f"closed the connection: {code}"

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        leaf = message.topic.rsplit("/", 1)[-1]
        if leaf in TO_DESK and message.topic == self._topics.of(leaf):
            self._emit(Arrived(self._broker.replica, leaf, bytes(message.payload)))


def _without_delay(_client: paho.Client, _data: Any, connection: Any) -> None:
    """With Nagle's algorithm a ledger batch behind a PUBACK waits 40 ms for the broker's delayed ACK."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _reason(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"is not the one that we know, by its TLS certificate: {error.verify_message}"
        case ssl.SSLError():
            return f"broke off the TLS handshake: {error.reason or error}"
        case TimeoutError():
            return f"did not answer within {CONNECT_S:.0f} s"
        case OSError():
            return f"cannot be reached: {error.strerror or error}"
        case _:
            return f"cannot be used: {error}"

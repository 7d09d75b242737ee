"""One MQTT 3.1.1 CONNECT and its answer, by hand: enough to know whether a broker takes this desk.

A client library would keep state and threads for what is 30 bytes. Section numbers: OASIS MQTT 3.1.1.
"""

import socket
import ssl

TIMEOUT_S = 5.0
REFUSALS = {  # 3.2.2.3
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses this client id",
    3: "it is not available",
    4: "it refuses user name or certificate",
    5: "it does not let this desk in",
}


class MqttRefusedError(Exception):
    """The broker answered, and not with a welcome; the message ends a sentence."""


def connect_packet(client_id: str) -> bytes:
    """CONNECT with clean session off, keep-alive 30 s, no will, no password (3.1)."""
    name = client_id.encode()
    rest = b"\x00\x04MQTT\x04\x00\x00\x1e" + len(name).to_bytes(2, "big") + name
    if len(rest) > 127:  # one length byte holds 127 (2.2.3); a desk id has at most 32
        raise ValueError(f"a client id of {len(name)} bytes is too long")
    return bytes([0x10, len(rest)]) + rest


def shake_hands(host: str, port: int, context: ssl.SSLContext, client_id: str) -> ssl.SSLSocket | None:
    """Connect, be welcomed, say goodbye. OSError (ssl.SSLError) or MqttRefusedError."""
    with (
        socket.create_connection((host, port), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.sendall(connect_packet(client_id))
        answer = _exactly(tls, 4)
        if answer[:2] != b"\x20\x02":
            raise MqttRefusedError("what answers is no MQTT broker")
        if answer[3]:
            raise MqttRefusedError(REFUSALS.get(answer[3], f"it refuses with code {answer[3]}"))
        tls.sendall(b"\xe0\x00")  # DISCONNECT: no will is published
    return None


def _exactly(tls: ssl.SSLSocket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = tls.recv(count - len(got))
        if not more:
            raise MqttRefusedError("it closed the connection: it does not know this desk's certificate")
        got += more
    return got

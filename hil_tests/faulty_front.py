"""What stands before a vault's HTTPS and answers in its place, wrongly, while `fault` is set.

Faults: "500", "401" (the status), "409" (to PATCH alone), "nothing" (takes the request, never answers),
"gone" (hangs up, before the handshake of a new connection). Without one it passes everything on to the real
vault and back.
"""

import http.client
import http.server
import ssl
import threading
from collections import Counter
from pathlib import Path
from typing import Self

PASSED_ON = ("authorization", "content-type", "tus-resumable", "upload-")
METHODS = ("OPTIONS", "HEAD", "POST", "PATCH")


class FaultyFront:
    """Listens on a port of its own with the vault's own certificate; entered and left as a context."""

    def __init__(self, vault_folder: Path, vault_port: int) -> None:
        self.fault = ""
        self.met: Counter[str] = Counter()  # requests that met each fault
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        keys = vault_folder / "keys"
        self._context.load_cert_chain(keys / "https.crt", keys / "https.key")
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self, vault_port))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.closing = threading.Event()

    def tls(self, connection):
        return self._context.wrap_socket(connection, server_side=True)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def upstream_answer(request: http.server.BaseHTTPRequestHandler, body: bytes, port: int):
    """(status, headers, body) of the real vault."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {name: value for name, value in request.headers.items() if name.lower().startswith(PASSED_ON)}
    headers["Content-Length"] = str(len(body))
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    try:
        connection.request(request.command, request.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def handler(front: FaultyFront, port: int) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            if front.fault == "gone":
                front.met["gone"] += 1
                raise ConnectionAbortedError
            self.request = front.tls(self.request)
            super().setup()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = front.fault
            if not fault or (fault == "409" and self.command != "PATCH"):
                self.relay(*upstream_answer(self, body, port))
                return
            front.met[fault] += 1
            if fault.isdigit():
                self.relay(int(fault), [], b"")
                return
            while fault == "nothing" == front.fault and not front.closing.wait(0.1):
                pass
            self.close_connection = True

        def relay(self, status: int, headers, body: bytes) -> None:
            self.send_response_only(status)
            length = str(len(body))
            for name, value in headers:
                if name.lower() == "content-length" and self.command == "HEAD":
                    length = value
                elif name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Not into the test's output."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler

"""HTTPS to one vault: the only file that imports urllib3. One kept-alive connection, TLS pinned to its CA."""

import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InsecureRequestWarning,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from sync.agent.errors import AgentError, NoAnswerError, UploadRefusedError

CONNECT_S, READ_S = 5.0, 20.0  # a vault syncs at most 1 MiB before it answers; 20 s is an overloaded disk
MAX_BODY_BYTES = 64 * 1024  # the largest answer that we read: an enrolment answer


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # case-insensitive
    body: bytes


class VaultHttps:
    """Used by one thread. `url` may have a path prefix; redirects are never followed."""

    def __init__(self, url: str, context: ssl.SSLContext, *, read_s: float = READ_S) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise AgentError(f"{url}: the address of a vault begins with https:// and names a host")
        self._host, self._port = parts.hostname, parts.port or 443
        self._prefix = parts.path.rstrip("/")
        self._pool = urllib3.HTTPSConnectionPool(
            self._host,
            self._port,
            maxsize=1,
            block=True,
            ssl_context=context,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=read_s),
        )

    def path(self, path: str) -> str:
        """`path` of the API below this vault's prefix."""
        return self._prefix + path

    def path_of(self, location: str) -> str:
        """Path of a Location header; UploadRefusedError when it leads to another server."""
        parts = urlsplit(location)
        if parts.netloc and (parts.hostname, parts.port or 443) != (self._host, self._port):
            raise UploadRefusedError("it answers with an upload address on another server; refused")
        if not parts.path.startswith("/"):
            raise UploadRefusedError("it answers with an upload address that is no absolute path; refused")
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request, one whole answer; NoAnswerError says in a sentence what was wrong."""
        try:
            response = self._pool.urlopen(
                method,
                path,
                body=body,
                headers=dict(headers),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                content = response.read(MAX_BODY_BYTES)
                response.drain_conn()
            finally:
                response.release_conn()
        except (HTTPError, OSError) as error:
            raise NoAnswerError(f"{self._host}:{self._port} {_reason(error)}") from error
        return Answer(response.status, response.headers, content)

    def close(self) -> None:
        self._pool.close()


def fetch_unverified(url: str, path: str) -> Answer:
    """One GET from whoever answers there: for what the caller can check by itself. Sends nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    https = VaultHttps(url, context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        answer = https.send("GET", https.path(path), {})
    https.close()
    return answer


def pinned(ca_file: Path) -> ssl.SSLContext:
    """TLS that trusts this CA alone and checks the host's name; AgentError when the file is not usable."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise AgentError(f"{ca_file}: the vault's CA certificate cannot be used: {error}") from error


def _reason(error: Exception) -> str:
    match error:
        case SSLError(args=(ssl.SSLCertVerificationError(), *_)):
            return f"is not the vault that we know, by its TLS certificate: {error}"
        case SSLError():
            return f"broke off while TLS was set up: {error}"
        case ReadTimeoutError():
            return "took the request and gave no answer"
        case ConnectTimeoutError() if not isinstance(error, NewConnectionError):
            return f"did not accept the connection within {CONNECT_S:.0f} s"
        case NewConnectionError():
            return f"cannot be reached: {error.__cause__ or error}"
        case _:
            return f"broke off: {type(error).__name__}"

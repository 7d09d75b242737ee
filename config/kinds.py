"""Kinds of setting that occur more than once: what a string must be, beyond its type.

A kind is a `msgspec.Meta`. `description` ends the sentence "… must be"; `extra["kind"]` names a check in
config/checks.py where a pattern cannot say it.
"""

from typing import Annotated

from msgspec import Meta

DeskId = Annotated[
    str,
    Meta(
        pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$",
        max_length=32,
        description="lower-case letters and digits joined by '-', at most 32 of them (empty: not enrolled)",
    ),
]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=32,
        description="lower-case letters and digits joined by '-', at most 32 characters",
    ),
]
HostName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9.:_-]{1,253}$", description="a host name or an IP address, without port")
]
LoopbackHost = Annotated[
    str, Meta(extra={"kind": "loopback"}, description="a loopback address: 127.0.0.1, ::1 or localhost")
]
HttpsUrl = Annotated[
    str, Meta(pattern=r"^https://[^/\s]+(/[^\s]*)?$", description="an address that begins with https://")
]
PortNumber = Annotated[int, Meta(ge=1, le=65535)]
GpioPin = Annotated[int, Meta(ge=0, le=53, description="a GPIO number (BCM numbering), 0 to 53")]
FilePath = Annotated[str, Meta(extra={"kind": "path"}, description="a path, or empty for none")]
SerialPort = Annotated[
    str,
    Meta(extra={"kind": "serial_port"}, description="a device path, or a URL such as rfc2217://host:port"),
]
Base64Key32 = Annotated[
    str, Meta(extra={"kind": "base64", "bytes": 32}, description="base64 of 32 bytes (a raw Ed25519 key)")
]
Base64Key1216 = Annotated[
    str,
    Meta(
        extra={"kind": "base64", "bytes": 1216},
        description="base64 of 1216 bytes (the raw ML-KEM-768 key, then the raw X25519 key)",
    ),
]

"""The error of this package.

WireError   what came over the wire, or should go onto it, breaks PROTOCOL.md
"""

import msgspec

# What decoding foreign bytes may raise: no JSON, other fields, no UTF-8, nested until the decoder gives up.
MALFORMED: tuple[type[Exception], ...] = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class WireError(ValueError):
    """A sentence that names the message and what is wrong with it; never carries the content itself."""

"""The error of this package.

WireError   what came over the wire, or should go onto it, breaks PROTOCOL.md
"""


class WireError(ValueError):
    """A sentence that names the message and what is wrong with it; never carries the content itself."""

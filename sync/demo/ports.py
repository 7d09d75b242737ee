"""Free TCP ports on loopback for the parts of a demonstration."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody listens on now. Another process may take one before its use: then
    the part that needed it says so and the demonstration is started again.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def free_or_other(preferred: int) -> int:
    """`preferred` when nobody listens on it (another demonstration may), else any free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return free_ports(1)[0]
        return int(probe.getsockname()[1])

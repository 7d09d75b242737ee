"""The body of a request, in pieces of bounded size."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from sync.vault.errors import Refused
from sync.wire.tus import MAX_PATCH_BYTES, TOO_LARGE

SILENCE_S = 30.0  # without a byte: the sender is gone, whatever TCP believes


class Cut(Refused):
    """The sender went away in the middle; `rest` came and was not handed out yet."""

    def __init__(self, rest: bytes) -> None:
        super().__init__(408, "the body ended early")
        self.rest = rest


class Body:
    """Read once, through one of its methods."""

    def __init__(self, receive: Callable[[], Awaitable[Any]], headers: Mapping[str, str]) -> None:
        self._receive = receive
        self._length = headers.get("content-length", "")

    async def pieces(self, size: int = MAX_PATCH_BYTES) -> AsyncIterator[bytes]:
        """Pieces of `size` bytes, the last may be shorter. Cut when the sender is gone."""
        buffer = bytearray()
        more = True
        while more:
            message = await self._next()
            if message is None or message["type"] != "http.request":
                raise Cut(bytes(buffer))
            buffer += message.get("body", b"")
            more = message.get("more_body", False)
            while len(buffer) >= size:
                yield bytes(buffer[:size])
                del buffer[:size]
        if buffer:
            yield bytes(buffer)

    async def _next(self) -> Any:
        try:
            async with asyncio.timeout(SILENCE_S):
                return await self._receive()
        except TimeoutError:
            return None

    async def whole(self, limit: int) -> bytes:
        """All of it; Refused (413) beyond `limit`, Cut when it ends early."""
        if self._length.isdigit() and int(self._length) > limit:
            raise Refused(TOO_LARGE, f"at most {limit} bytes a request")
        data = b""
        async for piece in self.pieces(limit + 1):
            if len(data) + len(piece) > limit:
                raise Refused(TOO_LARGE, f"at most {limit} bytes a request")
            data += piece
        return data

    async def is_empty(self) -> bool:
        return not await self.whole(MAX_PATCH_BYTES)

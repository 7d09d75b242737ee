"""tus 1.0 at /api/v1/uploads, as plain ASGI: the one path where microseconds count.

An answer never reads more of a body than MAX_PATCH_BYTES into memory. With Upload-Checksum a PATCH is taken
whole or not at all; without one (stock clients send whole files at once) it is taken piece by piece.
"""

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from firmware.evidence.errors import FormatError
from firmware.evidence.ids import CallId, parse_call
from firmware.log import event
from sync.vault.api.body import Body, Cut
from sync.vault.catalogue import calls, recordings
from sync.vault.errors import ObjectError, Refused, VaultError
from sync.vault.events import Event
from sync.vault.services import Services
from sync.vault.uploads.part import Part
from sync.wire import tus
from sync.wire.errors import WireError

log = logging.getLogger("vault")
Headers = dict[str, str]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
_ID = re.compile(r"/([a-z0-9-]{1,32}/[0-9]{1,12})/?")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    text: str = ""


class TusEndpoint:
    def __init__(self, services: Services) -> None:
        self._s = services
        self._db = services.catalogue.reader
        self._max_bytes = services.settings.uploads.max_bytes

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """ASGI; `path` is what follows /api/v1/uploads."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"].removeprefix(tus.UPLOADS_PATH).rstrip("/")
        try:
            answer = await self._answer(scope["method"], path, headers, Body(receive, headers))
        except Refused as refused:
            answer = Answer(refused.status, refused.headers, str(refused))
        except WireError as error:
            answer = Answer(400, {}, str(error))
        except VaultError as error:  # no room, no catalogue: the desk tries again
            event(log, "upload_failed", level=logging.ERROR, path=path, reason=error)
            answer = Answer(507 if isinstance(error, ObjectError) else 503, {"Retry-After": "10"}, str(error))
        await _send(send, answer)

    async def _answer(self, method: str, path: str, headers: Headers, body: Body) -> Answer:
        method = headers.get("x-http-method-override", method) if method == "POST" else method
        if method == "OPTIONS":
            return self._options()
        if headers.get("tus-resumable") != tus.VERSION:
            raise Refused(412, f"Tus-Resumable: {tus.VERSION} is needed", {"Tus-Version": tus.VERSION})
        desk = self._s.identity.bearer(headers.get("authorization", ""))
        if method == "POST" and not path:
            return await self._create(desk, headers, body)
        call = _call(path)
        if call.desk != desk:
            raise Refused(403, f"{call}: desk {desk} may upload its own calls only")
        await self._settled(call)
        if method == "HEAD":
            return self._head(call)
        if method == "PATCH":
            return await self._patch(call, headers, body)
        raise Refused(405, f"{method} is not possible here", {"Allow": "OPTIONS, POST, HEAD, PATCH"})

    def _options(self) -> Answer:
        return Answer(
            204,
            {
                "Tus-Version": tus.VERSION,
                "Tus-Extension": tus.EXTENSIONS,
                "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
                "Tus-Max-Size": str(self._max_bytes),
            },
        )

    async def _create(self, desk: str, headers: Headers, body: Body) -> Answer:
        named = tus.parse_metadata(headers.get("upload-metadata", "")).get("call", "")
        call = _parse(named)
        if call.desk != desk:
            raise Refused(403, f"{call}: desk {desk} may upload its own calls only")
        length = self._length(headers)
        if length is None and headers.get("upload-defer-length") != "1":
            raise Refused(400, "Upload-Length, or Upload-Defer-Length: 1, is needed")
        location = {"Location": f"{tus.UPLOADS_PATH}/{call}"}
        await self._settled(call)
        if (answer := self._finished(call, 201)) is not None:
            return Answer(201, answer.headers | location)
        if self._s.quarantine.refuses(call.desk, call.seq):
            raise Refused(
                403, f"{call}: several bad uploads lie in quarantine; someone must look at this desk"
            )
        part = await self._s.uploads.create(call, length)
        if headers.get("content-type") == tus.CONTENT_TYPE and part.size == 0:
            answer = await self._append(part, 0, headers, body)
            return Answer(201, answer.headers | location)
        return Answer(201, {tus.OFFSET: str(part.size)} | location)

    def _head(self, call: CallId) -> Answer:
        if (answer := self._finished(call, 200)) is not None:
            return answer
        part = self._part(call)
        length = {tus.DEFER_LENGTH: "1"} if part.length is None else {tus.LENGTH: str(part.length)}
        return Answer(
            200, {tus.OFFSET: str(part.size), tus.METADATA: tus.metadata({"call": str(call)})} | length
        )

    async def _patch(self, call: CallId, headers: Headers, body: Body) -> Answer:
        if headers.get("content-type") != tus.CONTENT_TYPE:
            raise Refused(415, f"Content-Type: {tus.CONTENT_TYPE} is needed")
        offset = tus.number(tus.OFFSET, headers.get("upload-offset"))
        if (answer := self._finished(call, 204)) is not None:
            at = int(answer.headers[tus.OFFSET])
            if offset == at and await body.is_empty():
                return answer
            raise Refused(409, f"{call} is complete", {tus.OFFSET: str(at)})
        return await self._append(self._part(call), offset, headers, body)

    async def _append(self, part: Part, offset: int, headers: Headers, body: Body) -> Answer:
        """Take the body; then see whether the call is complete.

        A body with a checksum is read before the part is held: a connection that died half-way must not keep
        the desk's next try out.
        """
        self._check_free(part, offset, headers)
        whole = await _checked(headers["upload-checksum"], body) if "upload-checksum" in headers else None
        self._check_free(part, offset, headers)
        part.busy = True
        try:
            await self._promise(part, headers)
            room = self._limit(part) - part.size
            if whole is None:
                await self._stream(part, body, room)
            else:
                await self._piece(part, whole, room)
        finally:
            part.busy = False
        size, reason = part.size, part.broken
        if reason:
            await self._s.completion.look(part.call)
            raise Refused(422, f"{part.call}: {reason}")
        return await self._finish(part) or Answer(204, {tus.OFFSET: str(size)})

    async def _promise(self, part: Part, headers: Headers) -> None:
        length = self._length(headers)
        if length is None or length == part.length:
            return
        if part.length is not None or length < part.size:
            raise Refused(400, f"{part.call}: its length is {part.length or part.size} already, not {length}")
        size = body_length(headers)
        if size is not None and part.size + size > length:
            raise Refused(413, f"{part.call}: goes beyond its length")
        if size == length - part.size:
            part.length = length  # complete with this PATCH: then its size says as much
        else:
            await self._s.uploads.promise(part, length)

    def _check_free(self, part: Part, offset: int, headers: Headers) -> None:
        call = part.call
        if part.ended:
            raise Refused(404, f"{call}: no such upload any more; create it")
        if part.busy:
            raise Refused(423, f"{call}: another request writes it")
        if offset != part.size:
            raise Refused(409, f"{call}: the offset is {part.size}", {tus.OFFSET: str(part.size)})
        if (body_length(headers) or 0) > self._limit(part) - part.size:
            raise Refused(413, f"{call}: goes beyond its length")

    async def _stream(self, part: Part, body: Body, room: int) -> None:
        """A body without checksum, as stock clients send it: piece by piece, and what came of a cut one."""
        try:
            async for data in body.pieces():
                await self._piece(part, data, room)
                room -= len(data)
        except Cut as cut:  # keep what came
            await self._piece(part, cut.rest, room)
            raise

    async def _piece(self, part: Part, data: bytes, room: int) -> None:
        if len(data) > room:
            raise Refused(413, f"{part.call}: goes beyond its length")
        if data:
            await asyncio.to_thread(part.append, data)
            part.announce()
            self._s.events.publish(Event("upload", part.call.desk, str(part.call)))

    def _limit(self, part: Part) -> int:
        """Bytes that this part may become: what was promised, what the ledger says, what fits."""
        known = calls.expected(self._db, part.call)
        limits = [self._max_bytes, part.length, known.size if known else None]
        return max(part.size, min(limit for limit in limits if limit is not None))

    async def _finish(self, part: Part) -> Answer | None:
        """The last PATCH of a call whose recording entry is here: its answer holds the receipt."""
        known = calls.expected(self._db, part.call)
        if known is None or not (part.complete or part.size >= known.size):
            return None
        await self._s.completion.look(part.call)
        answer = self._finished(part.call, 204)
        if answer is None and part.ended:
            raise Refused(422, f"{part.call}: these are not the bytes that the ledger entry tells of")
        return answer

    def _finished(self, call: CallId, status: int) -> Answer | None:
        """About a call that this vault holds: its size, twice, and the receipt."""
        held = recordings.recording(self._db, call)
        if held is None:
            return None
        size = str(held.size)
        return Answer(status, {tus.OFFSET: size, tus.LENGTH: size, tus.RECEIPT: held.receipt})

    async def _settled(self, call: CallId) -> None:
        """A call that is just becoming an object: answer about what it became."""
        part = self._s.uploads.part(call)
        if part is not None:
            await part.settled.wait()

    def _part(self, call: CallId) -> Part:
        part = self._s.uploads.part(call)
        if part is None:
            raise Refused(404, f"{call}: no such upload; create it")
        return part

    def _length(self, headers: Mapping[str, str]) -> int | None:
        if "upload-length" not in headers:
            return None
        length = tus.number(tus.LENGTH, headers["upload-length"])
        if length > self._max_bytes:
            raise Refused(413, f"at most {self._max_bytes} bytes are taken")
        if length == 0:
            raise Refused(400, "a recording is never empty")
        return length


def body_length(headers: Mapping[str, str]) -> int | None:
    return tus.number("Content-Length", headers["content-length"]) if "content-length" in headers else None


async def _checked(checksum: str, body: Body) -> bytes:
    """The whole body, at most one piece, as the checksum says it is."""
    algorithm, digest = tus.parse_checksum(checksum)
    data = await body.whole(tus.MAX_PATCH_BYTES)
    if not hmac.compare_digest(hashlib.new(algorithm, data, usedforsecurity=False).digest(), digest):
        raise Refused(
            tus.CHECKSUM_MISMATCH, "the checksum does not fit the bytes: they were damaged on the way"
        )
    return data


def _call(path: str) -> CallId:
    match = _ID.fullmatch(path)
    if match is None:
        raise Refused(404, "no such upload")
    return _parse(match[1])


def _parse(text: str) -> CallId:
    try:
        return parse_call(text)
    except FormatError as error:
        raise Refused(400, f"Upload-Metadata: call: {error}") from error


async def _send(send: Send, answer: Answer) -> None:
    body = answer.text.encode()
    headers = {"Tus-Resumable": tus.VERSION, "Cache-Control": "no-store"} | answer.headers
    if answer.status != 204:
        headers |= {"Content-Length": str(len(body)), "Content-Type": "text/plain; charset=utf-8"}
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})

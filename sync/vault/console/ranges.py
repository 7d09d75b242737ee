"""Byte ranges (RFC 9110, 14), as media players ask for them: one range a request."""

import re

from litestar.response import Response

_ONE = re.compile(r"bytes=(\d*)-(\d*)")


def ranged(data: bytes, asked: str, media_type: str) -> Response[bytes]:
    """200 with all of it, 206 with the range, or 416. More than one range is answered with all."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    match = _ONE.fullmatch(asked.strip())
    if match is None or match.group(0) == "bytes=-":
        return Response(data, status_code=200, media_type=media_type, headers=headers)
    span = _span(match[1], match[2], len(data))
    if span is None:
        return Response(b"", status_code=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    first, last = span
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], status_code=206, media_type=media_type, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    """First and last byte, or None when the range lies outside."""
    if not first:  # the last n bytes
        count = int(last)
        return (max(0, size - count), size - 1) if count and size else None
    start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start <= end else None

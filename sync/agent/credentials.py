"""The bearer token that a desk shows to one vault, made anew before it expires."""

import email.utils
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from firmware.evidence.keys import SigningKey
from firmware.evidence.token import MAX_TTL_S, make_token

RENEW_S = 60  # before its end, so that no token expires on the way


class Credentials:
    """Used by one thread. `wall` is the desk's clock, UTC; `mono_s` any monotonic clock.

    A desk without a battery clock may live a day off. A vault that refused a token said its own time in
    `Date`, over the pinned connection: the next token is dated by that.
    """

    def __init__(
        self,
        *,
        desk: str,
        vault: str,
        key: SigningKey,
        wall: Callable[[], datetime],
        mono_s: Callable[[], float],
    ) -> None:
        self._desk, self._vault, self._key = desk, vault, key
        self._wall, self._mono_s = wall, mono_s
        self._skew = timedelta()
        self._header = ""
        self._good_until = float("-inf")

    def header(self) -> str:
        """Value of Authorization."""
        if self._mono_s() >= self._good_until:
            now = self._wall() + self._skew
            token = make_token(self._key, desk=self._desk, audience=self._vault, now=now, ttl_s=MAX_TTL_S)
            self._header = f"Bearer {token}"
            self._good_until = self._mono_s() + MAX_TTL_S - RENEW_S
        return self._header

    def refused(self, date_header: str | None) -> None:
        """The vault answered 401: the next token is a new one, dated by the vault's clock if it told it."""
        self._good_until = float("-inf")
        if not date_header:
            return
        try:
            theirs = email.utils.parsedate_to_datetime(date_header)
        except ValueError:
            return
        if theirs.tzinfo is not None:
            self._skew = theirs.astimezone(UTC) - self._wall()

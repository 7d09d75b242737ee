"""Which desk is this: by bearer token over HTTPS, by topic over MQTT (whose broker holds it to the CN)."""

from collections import OrderedDict
from datetime import UTC, datetime

from firmware.evidence.errors import EvidenceError
from firmware.evidence.keys import VerifyKey
from firmware.evidence.token import LEEWAY_S, check_token, token_desk
from sync.vault.catalogue import desks
from sync.vault.catalogue.database import Catalogue
from sync.vault.catalogue.desks import Desk
from sync.vault.errors import Refused

TOKENS = 10_000  # checked tokens kept; one desk makes a new one every few minutes
TOKEN_CACHE_S = 60  # a revoked desk's token lives on for this long at most


class DeskIdentity:
    """Caches desks and checked tokens; `forget` after every change to a desk."""

    def __init__(self, catalogue: Catalogue, audience: str) -> None:
        self._catalogue = catalogue
        self._audience = audience
        self._desks: dict[str, Desk] = {}
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def desk(self, desk_id: str) -> Desk | None:
        """An enrolled desk that is not revoked. Its head_* are those at first sight: read them elsewhere."""
        known = self._desks.get(desk_id)
        if known is None:
            known = desks.desk(self._catalogue.reader, desk_id)
            if known is not None:
                self._desks[desk_id] = known
        return known if known is not None and known.revoked_at is None else None

    def forget(self, desk_id: str) -> None:
        self._desks.pop(desk_id, None)
        self._tokens.clear()

    def bearer(self, authorization: str) -> str:
        """The desk that this header proves, Refused (401) else."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("a bearer token by the desk's key is needed")
        moment = datetime.now(UTC)
        cached = self._tokens.get(token)
        if cached is not None and moment.timestamp() < cached[1]:
            return cached[0]
        desk = self._check(token, moment)
        self._remember(token, desk, moment.timestamp())
        return desk

    def _check(self, token: str, moment: datetime) -> str:
        try:
            claimed = token_desk(token)
            known = self.desk(claimed)
            if known is None:
                raise _unauthorized(f"desk {claimed} is not enrolled here")
            return check_token(token, VerifyKey(known.public_key), self._audience, moment)
        except EvidenceError as error:
            raise _unauthorized(str(error)) from error

    def _remember(self, token: str, desk: str, at: float) -> None:
        """Only well within the token's own life (5 min and leeway): it was valid just now."""
        self._tokens[token] = (desk, at + min(TOKEN_CACHE_S, LEEWAY_S))
        while len(self._tokens) > TOKENS:
            self._tokens.popitem(last=False)


def _unauthorized(sentence: str) -> Refused:
    return Refused(401, sentence, {"WWW-Authenticate": "Bearer"})

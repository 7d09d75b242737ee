"""The bearer token that a desk shows a vault: a JWT (RFC 7519) by the desk's key, good for 5 minutes."""

from datetime import datetime

from firmware.evidence import fields
from firmware.evidence.canonical import JsonObject
from firmware.evidence.errors import FormatError, TokenError
from firmware.evidence.ids import check_desk_id
from firmware.evidence.jws import Jws, parse_jws, sign_jws
from firmware.evidence.keys import SigningKey, VerifyKey

MAX_TTL_S = 300
LEEWAY_S = 60  # how far the two clocks may be apart

_CLAIMS: dict[str, fields.Check] = {
    "aud": fields.text,
    "exp": fields.count,
    "iat": fields.count,
    "sub": fields.text,
}


def make_token(key: SigningKey, desk: str, audience: str, now: datetime, ttl_s: int = MAX_TTL_S) -> str:
    """A token for the vault named `audience`, good from `now` for `ttl_s` seconds."""
    if not 1 <= ttl_s <= MAX_TTL_S:
        raise TokenError(f"a token lives 1 to {MAX_TTL_S} seconds, not {ttl_s}")
    issued = int(now.timestamp())
    claims: JsonObject = {"aud": audience, "exp": issued + ttl_s, "iat": issued, "sub": check_desk_id(desk)}
    return sign_jws(claims, key, typ="JWT")


def token_desk(token: str) -> str:
    """The desk that a token claims to be from, to find its key by. Nobody's word for it yet."""
    return check_desk_id(fields.text(_parse(token).payload["sub"]))


def check_token(token: str, key: VerifyKey, audience: str, now: datetime) -> str:
    """The desk that shows this token. FormatError, SignatureError, or TokenError saying what is wrong."""
    claims = _parse(token).verify(key)
    issued, expires = fields.count(claims["iat"]), fields.count(claims["exp"])
    seconds = now.timestamp()
    if claims["aud"] != audience:
        raise TokenError(f"the token is for vault {claims['aud']!r:.60}, not for {audience!r}")
    if expires - issued > MAX_TTL_S:
        raise TokenError(f"the token lives {expires - issued} s; at most {MAX_TTL_S} s are allowed")
    if seconds < issued - LEEWAY_S:
        raise TokenError("the token is from the future: compare the clocks of desk and vault")
    if seconds >= expires + LEEWAY_S:
        raise TokenError("the token has expired: compare the clocks of desk and vault")
    return check_desk_id(fields.text(claims["sub"]))


def _parse(token: str) -> Jws:
    jws = parse_jws(token)
    if jws.typ != "JWT":
        raise FormatError("the token's typ is not JWT")
    fields.check_fields("token", jws.payload, _CLAIMS)
    return jws

"""JWS, receipts and tokens; PyJWT as the stranger who reads them."""

from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.evidence.errors import EvidenceError, FormatError, TokenError
from firmware.evidence.jws import MAX_JWS_CHARS, parse_jws, sign_jws
from firmware.evidence.receipt import Receipt, receipt_sha256
from firmware.evidence.token import check_token, make_token, token_desk

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RECEIPT = Receipt(
    call="sh01-d017/42",
    frames=5,
    sha256="1" * 64,
    size=10,
    stored_at="2026-11-22T08:00:00.000000Z",
    vault="a",
)


def public(key):
    return Ed25519PublicKey.from_public_bytes(key.public.raw)


def test_a_receipt_comes_back(vault_key):
    text = RECEIPT.sign(vault_key)
    assert Receipt.verify(text, vault_key.public) == RECEIPT
    assert Receipt.read_unverified(text) == RECEIPT
    assert len(receipt_sha256(text)) == 64


def test_pyjwt_reads_our_receipts(vault_key):
    text = RECEIPT.sign(vault_key)
    assert jwt.get_unverified_header(text) == {"alg": "EdDSA", "kid": vault_key.public.key_id}
    payload = jwt.decode(text, public(vault_key), algorithms=["EdDSA"])
    assert payload == {**{name: getattr(RECEIPT, name) for name in RECEIPT.__slots__}, "v": 1}


def test_pyjwt_reads_our_tokens(desk_key):
    text = make_token(desk_key, "sh01-d017", "a", datetime.now(UTC))
    assert jwt.decode(text, public(desk_key), algorithms=["EdDSA"], audience="a")["sub"] == "sh01-d017"
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(text, public(desk_key), algorithms=["EdDSA"], audience="b")


def test_we_read_pyjwt_s_tokens(desk_key):
    issued = int(NOW.timestamp())
    claims = {"aud": "a", "exp": issued + 60, "iat": issued, "sub": "sh01-d017"}
    text = jwt.encode(claims, desk_key._key, algorithm="EdDSA", headers={"kid": desk_key.public.key_id})
    assert check_token(text, desk_key.public, "a", NOW) == "sh01-d017"


@given(st.integers(0, 10**6), st.characters(codec="ascii"))
@settings(deadline=None)
def test_no_character_of_a_receipt_can_be_changed(vault_key, at, character):
    text = RECEIPT.sign(vault_key)
    at %= len(text)
    changed = text[:at] + character + text[at + 1 :]
    if changed == text:
        return
    with pytest.raises(EvidenceError):
        Receipt.verify(changed, vault_key.public)


@pytest.mark.parametrize(
    "text", [None, b"a.b.c", "a.b", "a.b.c.d", "é.b.c", "=.b.c", "x" * (MAX_JWS_CHARS + 1), ".."]
)
def test_no_jws(text):
    with pytest.raises(FormatError):
        parse_jws(text)


def test_kid_and_typ_are_text(desk_key):
    text = sign_jws({"a": 1}, desk_key, typ="JWT")
    assert (parse_jws(text).typ, parse_jws(text).kid) == ("JWT", desk_key.public.key_id)
    assert parse_jws(text).verify(desk_key.public) == {"a": 1}


def test_a_token_lives_five_minutes_at_most(desk_key):
    for seconds in (0, 301):
        with pytest.raises(TokenError, match="lives"):
            make_token(desk_key, "sh01-d017", "a", NOW, seconds)
    with pytest.raises(FormatError):
        make_token(desk_key, "SH01", "a", NOW)
    assert token_desk(make_token(desk_key, "sh01-d017", "a", NOW, 1)) == "sh01-d017"


@pytest.mark.parametrize(
    "change", [{"frames": -1}, {"call": "x"}, {"sha256": "1"}, {"stored_at": "now"}, {"size": True}]
)
def test_receipts_that_cannot_be(change):
    fields = {name: getattr(RECEIPT, name) for name in RECEIPT.__slots__}
    with pytest.raises(FormatError):
        Receipt(**(fields | change))

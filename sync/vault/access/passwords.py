"""Passwords: argon2id, with the library's own parameters (RFC 9106, low memory)."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD = 12  # characters; length is the one rule that helps
MAX_PASSWORD = 256  # a bound on what argon2 is made to chew
_HASHER = PasswordHasher()
# Checked when the login is unknown, so that the answer takes as long.
_NOBODY = _HASHER.hash(secrets.token_hex(16))
# No l, 1, 0, o: it is read from a terminal and typed.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def generate_password() -> str:
    """80 bits, in groups of four."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """About 50 ms of CPU, for an unknown person (None) too."""
    try:
        _HASHER.verify(password_hash or _NOBODY, password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None

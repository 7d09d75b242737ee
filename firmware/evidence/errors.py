"""Errors of the evidence package.

EvidenceError                something is wrong with evidence, or with what was asked of it
├── FormatError              bytes are not what FORMAT.md says
│   └── CanonicalError       JSON that is not in its one canonical form
├── OpenError                sealed bytes do not open: wrong key, or changed since they were sealed
│   └── NoSealError          the recording is not sealed to this key at all
├── SignatureError           a signature does not hold, or is by another key
├── TokenError               a bearer token is expired, early, or for someone else
└── KeyFileError             a key file is missing, unsafe or not a key
"""


class EvidenceError(Exception):
    """Root of this package's errors; the message is a sentence a person can act on."""


class FormatError(EvidenceError):
    pass


class CanonicalError(FormatError):
    pass


class OpenError(EvidenceError):
    pass


class NoSealError(OpenError):
    pass


class SignatureError(EvidenceError):
    pass


class TokenError(EvidenceError):
    pass


class KeyFileError(EvidenceError):
    pass

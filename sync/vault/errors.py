"""Errors of the vault.

VaultError             a sentence that a person can act on
├── SetupError         the vault's folder, keys or certificates are not as they must be
├── CatalogueError     the database cannot be opened or written
├── ObjectError        the object store cannot take or give bytes
└── Refused            what someone asked for is not done; `status` is its HTTP code
    └── Quarantined    what came is kept aside as evidence; it is neither used nor acknowledged
"""


class VaultError(Exception):
    pass


class SetupError(VaultError):
    pass


class CatalogueError(VaultError):
    pass


class ObjectError(VaultError):
    pass


class Refused(VaultError):  # noqa: N818 -- a refusal is an answer, not a fault of the vault
    """`status` 4xx; `headers` go into the answer."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers or {}


class Quarantined(Refused):
    def __init__(self, sentence: str) -> None:
        super().__init__(422, sentence)

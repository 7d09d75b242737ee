"""What a look at a recording, a ledger or a receipt finds, before anything is judged."""

from dataclasses import dataclass, field

from firmware.evidence.chain import ChainReport
from firmware.evidence.entry import Entry
from firmware.evidence.jws import Jws
from firmware.evidence.keys import VerifyKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.recording import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What opened with a key. `fault` "" when every frame did and they agree with each other."""

    key: str  # key id
    foreign: bool  # sealed to other keys only: nothing was tried
    frames: int
    complete: bool  # the end frame opened
    ended_by: str
    samples: int
    gaps: int
    lost_samples: int
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """`path` tells where it lies, `name` is its file name. `contents` None: no key was given."""

    path: str
    name: str
    size: int
    sha256: str
    header: Header | None
    frames: int
    torn_bytes: int
    fault: str  # of its structure; "" when intro and lengths are as they must be
    contents: Contents | None
    growing: bool = False  # lies where unfinished recordings lie, so its ledger entry may still be to come


@dataclass(frozen=True, slots=True)
class VaultKey:
    """A vault's key, and the first entry that enrolled it under that name."""

    key: VerifyKey
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """One desk's chain in one store. `fault`: why the store could not be read (to its end)."""

    path: str
    report: ChainReport
    key_given: bool  # the desk's key came from outside, not from the ledger itself
    fault: str = ""
    recordings: dict[str, Entry] = field(default_factory=dict)  # by call
    pruned: frozenset[str] = frozenset()  # calls
    vault_keys: dict[tuple[str, str], VaultKey] = field(
        default_factory=dict
    )  # by vault and key id, as enrolled
    hashes: dict[int, bytes] = field(default_factory=dict)  # first 16 bytes of each entry's SHA-256, by seq


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    path: str
    sha256: str  # of the JWS text
    jws: Jws | None
    receipt: Receipt | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFacts:
    """A path that is no evidence, or cannot be read."""

    path: str
    fault: str


@dataclass(slots=True, kw_only=True)
class Bundle:
    """All that was looked at together, and the keys that its owner brought."""

    recordings: list[RecordingFacts] = field(default_factory=list)
    ledgers: list[LedgerFacts] = field(default_factory=list)
    receipts: list[ReceiptFacts] = field(default_factory=list)
    others: list[OtherFacts] = field(default_factory=list)
    vault_keys: dict[str, VerifyKey] = field(default_factory=dict)  # by key id
    vault_names: dict[str, str] = field(default_factory=dict)  # by key id, "" where none was told
    folders: bool = False  # a whole folder was given, so what the ledger names should be in it

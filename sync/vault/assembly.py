"""Settings → the parts of a vault, each given what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.vault import VaultSettings
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from sync.vault.access.access import Access
from sync.vault.catalogue.database import Catalogue
from sync.vault.completion import Completion
from sync.vault.enrolment.enrol import Enrolment
from sync.vault.events import Events
from sync.vault.identity import DeskIdentity
from sync.vault.ingest.ingest import Ingest
from sync.vault.ingest.ledger import LedgerIngest
from sync.vault.ingest.live import LiveDesks
from sync.vault.ingest.projection import Projection
from sync.vault.layout import layout
from sync.vault.objects.filesystem import FilesystemStore
from sync.vault.pki.authority import Authority
from sync.vault.pki.certificates import ensure
from sync.vault.quarantine import Quarantine
from sync.vault.services import Services
from sync.vault.uploads.store import UploadStore

Publish = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class _Keys:
    authority: Authority
    signing: SigningKey
    audio: tuple[ArchivePrivateKey, ...]
    details: tuple[ArchivePrivateKey, ...]


@dataclass(frozen=True, slots=True)
class _Stores:
    """Everything that keeps something."""

    catalogue: Catalogue
    events: Events
    uploads: UploadStore
    objects: FilesystemStore
    quarantine: Quarantine


def assemble(settings: VaultSettings, publish: Publish) -> Services:
    """`publish` sends a payload to a topic. EvidenceError or VaultError say what is missing."""
    keys, stores = _keys(settings), _stores(settings)
    identity = DeskIdentity(stores.catalogue, settings.vault.name)
    live = LiveDesks(stores.catalogue, stores.events)
    ingest = _ingest(settings, keys, stores, identity, live, publish)
    completion = _completion(settings, keys, stores, ingest)
    ingest.completion = completion
    return Services(
        settings=settings,
        catalogue=stores.catalogue,
        events=stores.events,
        live=live,
        uploads=stores.uploads,
        objects=stores.objects,
        quarantine=stores.quarantine,
        completion=completion,
        ingest=ingest,
        access=Access(stores.catalogue, settings.access.session_hours),
        enrolment=Enrolment(settings, stores.catalogue, keys.authority, keys.signing.public),
        authority=keys.authority,
        identity=identity,
        signing_key=keys.signing,
        audio_keys=keys.audio,
        details_keys=keys.details,
    )


def _keys(settings: VaultSettings) -> _Keys:
    authority = Authority.load(layout(settings).ca)
    ensure(settings, authority)
    return _Keys(
        authority,
        SigningKey.load(settings.signing_key_path),
        tuple(ArchivePrivateKey.load(Path(path)) for path in settings.keys.audio),
        tuple(ArchivePrivateKey.load(Path(path)) for path in settings.keys.details),
    )


def _stores(settings: VaultSettings) -> _Stores:
    at = layout(settings)
    at.make()
    catalogue, events = Catalogue(at.catalogue), Events()
    uploads = UploadStore(at.uploads, catalogue)
    quarantine = Quarantine(at.quarantine, catalogue, uploads, events)
    return _Stores(catalogue, events, uploads, FilesystemStore(at.objects), quarantine)


def _ingest(
    settings: VaultSettings,
    keys: _Keys,
    stores: _Stores,
    identity: DeskIdentity,
    live: LiveDesks,
    publish: Publish,
) -> Ingest:
    return Ingest(
        vault=settings.vault.name,
        catalogue=stores.catalogue,
        identity=identity,
        live=live,
        ledger=LedgerIngest(Projection(keys.details)),
        quarantine=stores.quarantine,
        events=stores.events,
        publish=publish,
    )


def _completion(settings: VaultSettings, keys: _Keys, stores: _Stores, ingest: Ingest) -> Completion:
    return Completion(
        vault=settings.vault.name,
        key=keys.signing,
        catalogue=stores.catalogue,
        uploads=stores.uploads,
        objects=stores.objects,
        quarantine=stores.quarantine,
        events=stores.events,
        told=ingest.receipt,
    )

"""What the handlers of requests work with: made once by main.py, handed to each as `services`."""

from dataclasses import dataclass

from config.vault import VaultSettings
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from sync.vault.access.access import Access
from sync.vault.catalogue.database import Catalogue
from sync.vault.completion import Completion
from sync.vault.enrolment.enrol import Enrolment
from sync.vault.events import Events
from sync.vault.identity import DeskIdentity
from sync.vault.ingest.ingest import Ingest
from sync.vault.ingest.live import LiveDesks
from sync.vault.objects import ObjectStore
from sync.vault.pki.authority import Authority
from sync.vault.quarantine import Quarantine
from sync.vault.uploads.store import UploadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`catalogue.reader` serves queries, `catalogue.write` changes; without `audio_keys` no playback."""

    settings: VaultSettings
    catalogue: Catalogue
    events: Events
    live: LiveDesks
    uploads: UploadStore
    objects: ObjectStore
    quarantine: Quarantine
    completion: Completion
    ingest: Ingest
    access: Access
    enrolment: Enrolment
    authority: Authority
    identity: DeskIdentity
    signing_key: SigningKey
    audio_keys: tuple[ArchivePrivateKey, ...]
    details_keys: tuple[ArchivePrivateKey, ...]

    def forget_desk(self, desk: str) -> None:
        """Its key or site changed."""
        self.identity.forget(desk)

"""What the pages work with, beside the vault's services."""

from dataclasses import dataclass

from sync.vault.console.rendering import Rendering
from sync.vault.console.sound.heard import Heard
from sync.vault.console.sound.library import Library
from sync.vault.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    services: Services
    rendering: Rendering
    library: Library
    heard: Heard

    @property
    def vault(self) -> str:
        return self.services.settings.vault.name

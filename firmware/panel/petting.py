"""Petting: should the hardware watchdog be fed? Pure; decisions/0001 has the reasons."""

from dataclasses import dataclass, replace
from typing import Self

PET_EVERY_NS = 5_000_000_000  # a Raspberry Pi's watchdog bites after 15 s


@dataclass(frozen=True, slots=True)
class Petting:
    """worked: the recorder has proven itself in this boot. fine: it proves itself now."""

    worked: bool = False
    fine: bool = False
    petted_ns: int | None = None

    def after(self, *, not_recording: bool, proven: bool) -> Self:
        return replace(self, worked=self.worked or proven, fine=not not_recording)

    def due(self, now_ns: int) -> bool:
        if self.worked and not self.fine:
            return False
        return self.petted_ns is None or now_ns - self.petted_ns >= PET_EVERY_NS

    def petted(self, now_ns: int) -> Self:
        return replace(self, petted_ns=now_ns)

"""One thing looked at."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Item:
    """found: what was seen, with the figure. do: what to do about it, empty when ok."""

    area: str
    name: str
    state: State
    found: str
    do: str = ""

    def __post_init__(self) -> None:
        if (self.state == "ok") == bool(self.do):
            raise ValueError(f"{self.area} {self.name}: what to do belongs to what is not ok, and only there")


def ok(area: str, name: str, found: str) -> Item:
    return Item(area, name, "ok", found)


def warn(area: str, name: str, found: str, do: str) -> Item:
    return Item(area, name, "warn", found, do)


def fail(area: str, name: str, found: str, do: str) -> Item:
    return Item(area, name, "fail", found, do)

"""Catalogue of findings' texts, one TOML file per language, equal keys in each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

LANGUAGES = ("en", "zh")
_JOINT = {"en": ". ", "zh": "。"}


@dataclass(frozen=True, slots=True)
class Text:
    """title: what it is, without a full stop. action: what to do, in sentences."""

    title: str
    action: str
    sentence: str


def load_texts(language: str) -> Mapping[str, Text]:
    """Texts by finding code. KeyError for a language that has no catalogue."""
    joint = _JOINT[language]
    raw = tomllib.loads(resources.files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    return {
        code: Text(text["title"], text["action"], f"{text['title']}{joint}{text['action']}")
        for code, text in raw.items()
    }

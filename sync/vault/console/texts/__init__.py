"""The console's words: one TOML file per language, equal keys in each."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}


class Texts:
    """Call it with a key ("calls.title") and the values that its text names. KeyError for an unknown key."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        text = self._texts[key]
        return text.format_map(values) if values else text

    def word(self, group: str, code: str) -> str:
        """The text `group.code`; the code itself where a newer desk uses one that we do not know."""
        return self._texts.get(f"{group}.{code}", code.replace("_", " "))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def load_texts(language: str) -> Texts:
    """KeyError for a language that has no file."""
    if language not in LANGUAGES:
        raise KeyError(language)
    raw = tomllib.loads(resources.files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    return Texts(
        language, {f"{group}.{key}": text for group, part in raw.items() for key, text in part.items()}
    )

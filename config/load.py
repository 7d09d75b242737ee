"""TOML defaults, one override file on top, strict settings out.

The override wins key by key: tables merge, arrays replace. Paths in the override are relative to its folder.
All problems of a file are told at once, each as "<file>: <key path> = <value>: must be <what is allowed>".
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from config.allowed import allowed, shown, split
from config.checks import passes
from config.desk import DeskSettings
from config.errors import ConfigError
from config.vault import VaultSettings

__all__ = ["ConfigError", "Loaded", "load_desk", "load_vault", "read_desk", "read_vault"]

S = TypeVar("S", DeskSettings, VaultSettings)

ENVIRONMENT = "OFFHOOK_CONFIG"
DESK_FILE = Path("/etc/offhook/desk.toml")
VAULT_FILE = Path("/etc/offhook/vault.toml")
DEFAULTS = Path(__file__).with_name("defaults")  # importlib.resources would cost a desk process 2 MB
SHIPPED = "shipped default"


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings, the override file (None: shipped values only), and where each leaf key path came from."""

    settings: S
    file: Path | None
    origins: Mapping[str, str]


def load_desk(path: Path | None = None) -> DeskSettings:
    """Settings of the desk. None: the file that OFFHOOK_CONFIG names, else DESK_FILE if it exists."""
    return read_desk(path).settings


def load_vault(path: Path | None = None) -> VaultSettings:
    """Settings of the vault. None: the file that OFFHOOK_CONFIG names, else VAULT_FILE if it exists."""
    return read_vault(path).settings


def read_desk(path: Path | None = None) -> Loaded[DeskSettings]:
    return _read(DeskSettings, "desk.toml", _override_file(path, DESK_FILE))


def read_vault(path: Path | None = None) -> Loaded[VaultSettings]:
    return _read(VaultSettings, "vault.toml", _override_file(path, VAULT_FILE))


def defaults_text(name: str) -> str:
    """Text of a shipped defaults file."""
    return (DEFAULTS / name).read_text("utf-8")


def _override_file(path: Path | None, usual: Path) -> Path | None:
    if path is not None:
        return path
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    return usual if usual.exists() else None


def _read(kind: type[S], name: str, file: Path | None) -> Loaded[S]:
    defaults = tomllib.loads(defaults_text(name))
    override = _parse(file) if file is not None else {}
    build = _Build(file)
    settings = build.table(kind, defaults, override, "")
    if build.problems:
        raise ConfigError(*build.problems)
    return Loaded(settings, file, build.origins)


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: there is no such file") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: must be UTF-8 text; byte {error.start} is not") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from error


@dataclass(slots=True)
class _Build:
    """One pass over the type tree, collecting origins and problems."""

    file: Path | None
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def table(self, kind: Any, defaults: Mapping[str, Any], override: Any, path: str) -> Any:
        if not isinstance(override, Mapping):
            self._refuse(path, override, f"a table, [{path}]")
            return None
        hints = get_type_hints(kind, include_extras=True)
        known = len(self.problems)
        for key in override:
            if key not in hints:
                self._unknown(_join(path, key), key, hints)
        values = {
            key: self._member(_join(path, key), key, hint, defaults, override) for key, hint in hints.items()
        }
        if len(self.problems) > known:
            return None
        try:
            return kind(**values)
        except ValueError as error:
            self.problems.append(f"{self._source()}: {path + ': ' if path else ''}{error}")
            return None

    def _member(
        self, path: str, key: str, hint: Any, defaults: Mapping[str, Any], override: Mapping[str, Any]
    ) -> Any:
        bare, _ = split(hint)
        if _is_struct(bare):
            return self.table(bare, defaults.get(key, {}), override.get(key, {}), path)
        if key not in override and key not in defaults:
            self.problems.append(f"{self._source()}: {path} is missing: must be {allowed(key, hint)}")
            return None
        overridden = key in override
        self.origins[path] = str(self.file) if overridden else SHIPPED
        value = override[key] if overridden else defaults[key]
        item = get_args(bare)[0] if get_origin(bare) is tuple else None
        if item is not None and _is_struct(split(item)[0]):
            return self._tables(split(item)[0], value, path)
        return self._leaf(path, hint, value, relative=overridden)

    def _tables(self, kind: Any, values: Any, path: str) -> Any:
        if not isinstance(values, list):
            self._refuse(path, values, allowed(path, tuple[kind, ...]))
            return None
        return tuple(self.table(kind, {}, value, f"{path}[{index}]") for index, value in enumerate(values))

    def _leaf(self, path: str, hint: Any, value: Any, *, relative: bool) -> Any:
        bare, meta = split(hint)
        try:
            converted = msgspec.convert(value, hint)
        except msgspec.ValidationError:
            self._refuse(path, value, allowed(path, hint))
            return None
        if get_origin(bare) is tuple:
            item = get_args(bare)[0]
            return tuple(
                self._leaf(f"{path}[{index}]", item, one, relative=relative)
                for index, one in enumerate(converted)
            )
        extra = meta.extra or {}
        if isinstance(converted, str) and not passes(converted, extra):
            self._refuse(path, value, allowed(path, hint))
            return None
        return self._absolute(converted, extra) if relative else converted

    def _absolute(self, value: Any, extra: Mapping[str, Any]) -> Any:
        is_path = extra.get("kind") == "path" or (extra.get("kind") == "serial_port" and "://" not in value)
        if not is_path or not value or self.file is None:
            return value
        return os.path.normpath(self.file.absolute().parent / value)

    def _refuse(self, path: str, value: Any, what: str) -> None:
        self.problems.append(f"{self._source()}: {path} = {shown(path, value)}: must be {what}")

    def _unknown(self, path: str, key: str, hints: Mapping[str, Any]) -> None:
        near = difflib.get_close_matches(key, hints, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(hints))}"
        self.problems.append(f"{self._source()}: {path} is not a setting; {hint}")

    def _source(self) -> str:
        return str(self.file) if self.file is not None else SHIPPED


def _is_struct(bare: Any) -> bool:
    return isinstance(bare, type) and issubclass(bare, msgspec.Struct)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key

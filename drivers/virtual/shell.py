"""Verbs from a shell: `python -P -m drivers.virtual.shell DIR VERB [VALUE | name=value …]`.

    … /tmp/desk ring number=13800138000        … /tmp/desk say customer hello.wav
    … /tmp/desk lift                           … /tmp/desk status

Prints what the verb gives back as JSON. Without a verb: lists them.
"""

import inspect
import sys
from pathlib import Path
from typing import Any

import msgspec

from drivers.virtual import wire
from drivers.virtual.client import VirtualDesk
from drivers.virtual.errors import VirtualDeskError
from drivers.virtual.verbs import Verbs

FILE_ARGUMENTS = {"file"}


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] in {"-h", "--help"} or len(given) < 2:
        print(f"{__doc__}\n{verb_list()}")  # noqa: T201 - a command's own output
        return 0 if given and given[0] in {"-h", "--help"} else 2
    try:
        with VirtualDesk.attach(Path(given[0])) as desk:
            request = wire.Request(given[1], named(given[1], given[2:]))
            print(msgspec.json.encode(desk.send(msgspec.Raw, request)).decode())  # noqa: T201 - see above
    except VirtualDeskError as error:
        print(error, file=sys.stderr)  # noqa: T201 - see above
        return 1
    return 0


def verb_list() -> str:
    """One line per verb, with what it takes."""
    lines = []
    for name, verb in vars(Verbs).items():
        if not name.startswith("_"):
            takes = [p for p in inspect.signature(verb).parameters if p != "self"]
            lines.append(f"  {name:18}{' '.join(takes)}")
    return "\n".join(lines)


def named(verb: str, words: list[str]) -> dict[str, Any]:
    """name=value words, and bare words in the order of the verb's parameters; files become absolute."""
    method = vars(Verbs).get(verb)
    names = [p for p in inspect.signature(method).parameters if p != "self"] if method else []
    values: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in names:
            free = [n for n in names if n not in values]
            if not free:
                raise VirtualDeskError(f"{verb} takes {' '.join(names) or 'nothing'}; too much: {word}")
            name, value = free[0], word
        values[name] = str(Path(value).absolute()) if name in FILE_ARGUMENTS and value else value
    return values


if __name__ == "__main__":
    sys.exit(main())

"""`python -P -m firmware.recorder [--config FILE]`: without the command line's libraries (7 MB)."""

import sys
from pathlib import Path

from config.errors import ConfigError
from firmware.recorder.main import main


def start(arguments: list[str]) -> int:
    """Exit code of the process; 2 for settings or arguments that cannot be used."""
    file = None
    if arguments:
        if len(arguments) != 2 or arguments[0] != "--config":
            sys.stderr.write("usage: python -P -m firmware.recorder [--config FILE]\n")
            return 2
        file = Path(arguments[1])
    try:
        return main(file)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))

"""`python -P -m sync.agent [--config FILE]`: the agent without the command line's libraries.

`offhook agent` replaces itself by this: click and the table of commands are memory that a process which
runs for months has no use for.
"""

import sys
from pathlib import Path

from config.errors import ConfigError
from config.load import load_desk
from drivers.errors import DriverError
from sync.agent.errors import AgentError
from sync.agent.main import run


def main(arguments: list[str]) -> int:
    """Exit code: 0 stopped, 1 a thread failed, 2 settings or keys are wrong."""
    match arguments:
        case []:
            file = None
        case ["--config", name]:
            file = Path(name)
        case _:
            sys.stderr.write("usage: python -P -m sync.agent [--config FILE]\n")
            return 2
    try:
        return run(load_desk(file))
    except (AgentError, ConfigError, DriverError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

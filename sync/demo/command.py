"""Run one `offhook` command to its end, as a person would at a shell."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from sync.demo.process import ProcessError

LIMIT_S = 60.0


def offhook(*arguments: str) -> list[str]:
    """The command line of `offhook ARGUMENTS` in this very environment."""
    return [sys.executable, "-P", "-m", "firmware.cli.main", *arguments]


def run(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Its standard output; ProcessError with its words when it fails."""
    done = subprocess.run(
        offhook(*arguments), capture_output=True, text=True, timeout=LIMIT_S, env=env, check=False
    )
    if done.returncode:
        raise ProcessError(f"`offhook {' '.join(arguments)}` failed:\n{done.stdout}{done.stderr}".strip())
    return done.stdout


def run_json(*arguments: str) -> dict[str, Any]:
    """The one JSON object that a command prints with --json."""
    value: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return value

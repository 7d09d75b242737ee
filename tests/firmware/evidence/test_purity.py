"""Evidence is pure, light, and verifiable with the base install alone."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import firmware.evidence

PACKAGE = Path(firmware.evidence.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
IMPURE = {"socket", "threading", "time", "asyncio", "subprocess", "multiprocessing", "select", "ssl", "queue"}
BASE = {"click", "cryptography", "rich", "firmware"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_no_hardware_socket_clock_or_thread(module):
    names = set(imported(PACKAGE / f"{module}.py"))
    assert not names & IMPURE
    assert names <= set(sys.stdlib_module_names) | {"cryptography", "firmware"}


@pytest.mark.parametrize("module", MODULES)
def test_nobody_asks_what_time_it_is(module):
    source = (PACKAGE / f"{module}.py").read_text()
    assert ".now(" not in source
    assert "utcnow" not in source


def modules_after(statement):
    code = (
        "import sys, json; before = set(sys.modules)\n"  # a coverage tool in the child brings its own
        f"{statement}\nprint(json.dumps(sorted({{m.split('.')[0] for m in set(sys.modules) - before}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_verifying_needs_the_base_install_only():
    """click, cryptography, rich, and what those bring."""
    statement = (
        "import firmware.cli.verify, firmware.cli.keys, firmware.cli.keyread, firmware.cli.evidence_table"
    )
    loaded = modules_after(statement + ", firmware.evidence.gather")
    foreign = {
        "numpy",
        "msgspec",
        "soundfile",
        "opuslib_next",
        "mutagen",
        "paho",
        "jwt",
        "litestar",
        "config",
    }
    assert not loaded & (foreign | {"drivers", "sync"})


def test_a_desk_loads_no_more_than_it_needs():
    everything = ", ".join(
        f"firmware.evidence.{module}" for module in MODULES if module not in ("stores", "gather")
    )
    assert not modules_after(f"import {everything}") & {
        "sqlite3",
        "rich",
        "click",
        "numpy",
        "jwt",
        "email",
        "http",
    }

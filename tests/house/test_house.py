"""The house keeps its rules: names, sizes, rooms. (Import directions: lint-imports, pyproject.toml.)"""

import ast
import subprocess
from importlib import metadata
from pathlib import Path

import grimp
import pytest

from firmware.version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "drivers", "firmware", "sync")
ROOT_ENTRIES = {
    *PACKAGES, "images", "hil_tests", "tests", "pyproject.toml", "README.md", "Makefile", "CHANGELOG.md",
    "LICENSE", "SECURITY.md",
}  # fmt: skip
MAX_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_ROOM_DEPTH = 8
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def test_only_our_distribution_owns_the_four_names():
    owners = metadata.packages_distributions()
    for name in PACKAGES:
        assert set(owners.get(name, ["offhook"])) == {"offhook"}, (
            f"{name} is also a package of {owners[name]}"
        )
    others = {
        f"{found.metadata['Name']}: {file}"
        for found in metadata.distributions()
        if found.metadata["Name"] != "offhook"
        for file in found.files or ()
        if file.parts[0] in PACKAGES or (len(file.parts) == 1 and file.stem in PACKAGES)
    }
    assert not others


def test_the_version_is_that_of_the_distribution():
    assert metadata.version("offhook") == VERSION


def test_the_four_names_are_imported_from_here():
    for name in PACKAGES:
        module = __import__(name)
        assert Path(module.__file__).parent == ROOT / name


@pytest.mark.parametrize("name", PACKAGES)
def test_top_level_packages_are_empty(name):
    assert (ROOT / name / "__init__.py").read_text() == ""


def tracked_root_entries() -> set[str]:
    """What git tracks; what a person left beside it (a kept demonstration) is theirs."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name.split("/")[0] for name in listed.splitlines() if not name.startswith(".")}


def test_the_root_holds_what_the_house_names():
    strangers = {name for name in tracked_root_entries() - ROOT_ENTRIES if not name.endswith(".egg-info")}
    assert not strangers - {"build", "dist"}


def test_no_file_is_too_long():
    lengths = {str(file.relative_to(ROOT)): file.read_text().count("\n") for file in SOURCES}
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_LINES}, (
        "a noun is missing: split"
    )


def test_no_function_is_too_long():
    lengths = {
        f"{file.relative_to(ROOT)}: {node.name}": node.end_lineno - node.lineno + 1
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES}


def test_rooms_stand_no_deeper_than_eight():
    """A room is a package of the second level; the longest way down through imports."""
    graph = grimp.build_graph(*PACKAGES)

    def room(module: str) -> str:
        return ".".join(module.split(".")[:2])

    below: dict[str, set[str]] = {}
    for module in graph.modules:
        below.setdefault(room(module), set()).update(
            room(other) for other in graph.find_modules_directly_imported_by(module)
        )

    def depth(name: str, above: tuple[str, ...] = ()) -> int:
        assert name not in above, f"a cycle of rooms: {' > '.join((*above, name))}"
        return 1 + max((depth(other, (*above, name)) for other in below[name] - {name}), default=0)

    assert max(map(depth, sorted(below))) <= MAX_ROOM_DEPTH

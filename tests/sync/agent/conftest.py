"""Fixtures: a desk's state folder, misbehaving vaults with a real broker each, an agent over both."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(
    0, str(Path(__file__).parent)
)  # desk_rig and misbehaving_vault, shared by this folder's tests

from desk_rig import AgentRun, DeskRig
from misbehaving_vault import MisbehavingVault


@pytest.fixture
def make_vault(tmp_path: Path) -> Iterator[Callable[[str], MisbehavingVault]]:
    made: list[MisbehavingVault] = []

    def make(name: str) -> MisbehavingVault:
        made.append(MisbehavingVault(tmp_path / f"vault-{name}", name))
        return made[-1]

    yield make
    for vault in made:
        vault.close()


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., DeskRig]]:
    made: list[DeskRig] = []

    def make(*vaults: MisbehavingVault, required: int | None = None) -> DeskRig:
        made.append(DeskRig(tmp_path / "desk", list(vaults), required=required))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def run_agent() -> Iterator[Callable[[DeskRig], AgentRun]]:
    running: list[AgentRun] = []

    def run(desk: DeskRig) -> AgentRun:
        running.append(AgentRun(desk))
        return running[-1]

    yield run
    for agent in running:
        agent.stop()

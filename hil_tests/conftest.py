"""A whole site for these tests: real recorder, panel, agent, vaults and brokers; a virtual line."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside the tests

from sync.demo.site import Site
from sync.demo.speech import Speech


@pytest.fixture(scope="session")
def speech_folder() -> Path:
    """Where `make test` and `make demo` put real speech."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "offhook" / "speech"


@pytest.fixture(scope="session")
def speech(speech_folder: Path) -> Speech:
    return Speech(speech_folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    with Site(tmp_path_factory.mktemp("site")) as made:
        yield made

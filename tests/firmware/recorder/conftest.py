import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # recorder_rig

from recorder_rig import Rig

from drivers.virtual.client import VirtualDesk
from drivers.virtual.options import Options


@pytest.fixture(scope="session")
def recorder_line(tmp_path_factory):
    with VirtualDesk(tmp_path_factory.mktemp("line"), Options(interface="whozz_calling", lead_ms=50)) as desk:
        yield desk


@pytest.fixture
def line(recorder_line):
    """The phone in its cradle, the card plugged in, before and after."""
    yield recorder_line
    if recorder_line.status().off_hook:
        recorder_line.replace()
        recorder_line.wait(1.0)
    recorder_line.heal_card()


@pytest.fixture
def rig(tmp_path, line):
    made = Rig(tmp_path, line)
    yield made
    made.close()

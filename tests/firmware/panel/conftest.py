import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # panel_rig

from panel_rig import Rig

from drivers.virtual.client import VirtualDesk
from drivers.virtual.options import Options


@pytest.fixture(scope="module")
def panel_desk(tmp_path_factory):
    with VirtualDesk(tmp_path_factory.mktemp("desk"), Options(interface="disabled")) as desk:
        yield desk


@pytest.fixture
def rig(tmp_path, panel_desk):
    made = Rig(tmp_path, panel_desk)
    yield made
    made.close()

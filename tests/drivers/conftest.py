"""Shared between driver kinds: rigs of pins."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


def _rigs():
    """pin_rigs.py beside this file (tests are no package)."""
    name = "offhook_test_pin_rigs"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("pin_rigs.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(params=["mock", "pigpio"])
def rig(request: pytest.FixtureRequest) -> Iterator[object]:
    made = _rigs().MockRig() if request.param == "mock" else _rigs().PigpioRig()
    yield made
    made.close()


@pytest.fixture
def mock_rig() -> Iterator[object]:
    made = _rigs().MockRig()
    yield made
    made.close()


@pytest.fixture
def pigpio_rig() -> Iterator[object]:
    made = _rigs().PigpioRig()
    yield made
    made.close()

import io
import logging
import sys

import pytest

from firmware import log as logs


@pytest.fixture
def lines(monkeypatch):
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    yield logs.start("recorder"), lambda: stderr.getvalue().splitlines()
    root.handlers[:], level = before
    root.setLevel(level)


def test_an_event_is_one_line_with_keys(lines):
    log, read = lines
    logs.event(log, "recording", call="t-1/3", seconds=1.23456, reason='it said "no"')
    assert read() == [
        r'level=info process=recorder event=recording call=t-1/3 seconds=1.235 reason="it said \"no\""'
    ]


def test_an_error_carries_its_traceback_on_the_same_line(lines):
    log, read = lines
    logs.event(log, "failed", level=logging.ERROR, error=OSError("broken"))
    (line,) = read()
    assert line.startswith("level=error process=recorder event=failed exception=")
    assert "OSError: broken" in line


@pytest.mark.parametrize("key", ["number", "digits", "details", "raw"])
def test_a_key_that_may_carry_personal_data_is_refused(key):
    with pytest.raises(ValueError, match="personal data"):
        logs.event(logging.getLogger(), "call", **{key: "13800138000"})

"""A lamp on the fleet page blinks as the lamp at the desk does."""

import re

import pytest

from firmware.panel.patterns import PATTERNS
from sync.vault.console.rendering import STATIC

CSS = (STATIC / "fleet.css").read_text()


def keyframes(name):
    """(percent, lit) in the order of time."""
    body = re.search(rf"@keyframes {re.escape(name)} {{(.*?)}}\s*(?=@keyframes|/\*|\n\.)", CSS, re.DOTALL)[1]
    frames = {}
    for stops, style in re.findall(r"([\d.%, to]+)\{([^}]*)\}", body):
        for stop in stops.split(","):
            at = 100.0 if stop.strip() == "to" else float(stop.strip().rstrip("%"))
            frames[at] = "var(--lit)" in style
    return sorted(frames.items())


@pytest.mark.parametrize("name", sorted(set(PATTERNS) - {"on", "off"}))
def test_the_same_times(name):
    pattern = PATTERNS[name]
    frames_name, seconds = re.search(rf"\.b-{name} i {{ animation: (\S+) ([\d.]+)s", CSS).groups()
    assert float(seconds) * 1000 == pattern.period_ms
    frames = keyframes(frames_name)
    for ms in range(20, pattern.period_ms, 50):  # away from the edges, which percentages round
        lit = [on for at, on in frames if at <= ms * 100 / pattern.period_ms][-1]
        edge = any(abs(at * pattern.period_ms / 100 - ms) < 10 for at, _ in frames)
        assert edge or lit == (pattern.level_at(ms) > 0), (name, ms)


def test_on_and_off():
    assert ".b-on i { background: var(--lit)" in CSS
    assert ".b-off" not in CSS.replace(":not(.b-on, .b-off)", "")

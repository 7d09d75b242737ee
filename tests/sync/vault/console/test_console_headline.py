"""What the proof says above its checks."""

from dataclasses import fields

import pytest

from sync.vault.catalogue.calls import Call
from sync.vault.console.texts import LANGUAGES, load_texts
from sync.vault.console.views.headline import headline

WHOLE = {"samples": 81_760, "lost_samples": 0, "gaps": 0, "ended_by": "on_hook", "not_recorded_s": 0}


def call(**changes):
    return Call(**(dict.fromkeys((f.name for f in fields(Call)), None) | WHOLE | changes))


@pytest.mark.parametrize(
    ("changes", "colour", "said"),
    [
        ({}, "good", "Whole and proven"),
        ({"gaps": 1, "lost_samples": 21_200}, "open", "Proven, with 2.65 s lost"),
        ({"not_recorded_s": 3}, "open", "Proven, with 3 s not recorded"),
        ({"ended_by": "power_lost"}, "open", "Proven: interrupted"),
        ({"ended_by": "power_lost", "gaps": 1, "lost_samples": 8}, "open", "Proven: interrupted"),
        ({"gaps": 1, "lost_samples": 81_760}, "bad", "Proven: nothing was recorded"),
        ({"samples": 0, "ended_by": "device_lost"}, "bad", "Proven: nothing was recorded"),
    ],
)
def test_proven_is_whole_only_when_nothing_is_missing(changes, colour, said):
    head = headline(call(**changes), "good")
    assert (head.colour, load_texts("en")(f"proof.{head.said}", **head.values)) == (colour, said)
    assert all(load_texts(language)(f"proof.{head.said}", **head.values) for language in LANGUAGES)


@pytest.mark.parametrize("verdict", ["open", "bad"])
def test_what_does_not_verify_comes_first(verdict):
    assert headline(call(gaps=1, lost_samples=8), verdict).said == verdict


def test_recorded_is_the_timeline_without_what_was_lost():
    found = call(gaps=1, lost_samples=21_200)
    assert (found.heard_ms, found.lost_ms) == (7570, 2650)
    assert call(samples=None, lost_samples=None).heard_ms is None

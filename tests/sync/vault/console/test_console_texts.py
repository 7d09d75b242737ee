"""Both languages say the same things, and the pages say nothing else."""

import re
import string

import pytest

from firmware.health.texts import load_texts as load_findings
from firmware.panel.patterns import PATTERNS
from firmware.panel.situations import TABLE
from sync.vault.console.rendering import HERE, Rendering
from sync.vault.console.texts import LANGUAGES, load_texts
from sync.vault.console.views.calls import STATES

TEMPLATES = {path.name: path.read_text() for path in (HERE / "templates").glob("*.html")}
SOURCES = "\n".join([*TEMPLATES.values(), *(path.read_text() for path in HERE.rglob("*.py"))])


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_are_equal(language):
    assert load_texts(language).keys == load_texts("en").keys


@pytest.mark.parametrize("key", sorted(load_texts("en").keys))
def test_values_are_filled_into_both(key):
    english, chinese = load_texts("en")._texts[key], load_texts("zh")._texts[key]
    assert names(english) == names(chinese)
    assert english.strip() == english
    assert chinese.strip() == chinese
    assert english
    assert chinese


def test_every_key_that_a_page_names_exists():
    named = set(re.findall(r"""\bt\(["']([a-z_]+\.[a-z0-9_]+)["'][,)]""", SOURCES))
    assert len(named) > 100
    assert named <= load_texts("en").keys


def test_no_text_is_left_over():
    groups = {key.split(".")[0] for key in load_texts("en").keys}
    by_code = {
        "ended", "event", "filter", "finding", "nav", "outcome", "party", "pattern", "severity", "situation",
        "state", "error", "presence", "direction", "lamp", "check", "said", "action",
    }  # fmt: skip
    for key in load_texts("en").keys:
        group, name = key.removesuffix("_is").split(".")
        quoted = re.search(rf"""["']{re.escape(key)}["']""", SOURCES)
        made = re.search(rf"""["']{name}["']""", SOURCES) and re.search(rf"""["']{group}\.""", SOURCES)
        assert quoted or made or group in by_code, key
    assert by_code <= groups


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_templates_compile_and_name_no_other_host(template):
    Rendering(vault="a", language="en")._env.get_template(template)
    text = TEMPLATES[template]
    assert "http://" not in text
    assert "https://" not in text
    assert "//cdn" not in text
    assert " style=" not in text
    assert "<style" not in text
    assert " onclick" not in text
    assert not re.search(r"<script(?![^>]*src=)", text)


def test_codes_of_the_desk_have_words():
    for language in LANGUAGES:
        keys = load_texts(language).keys
        assert {f"pattern.{name}" for name in PATTERNS} <= keys
        assert {f"situation.s{row.number}" for row in TABLE} <= keys
        assert {f"state.{state}" for state in STATES} <= keys
        assert {f"finding.{code}" for code in load_findings(language)} <= keys


def test_an_unknown_code_is_shown_as_it_is():
    assert load_texts("zh").word("finding", "cat_on_keyboard") == "cat on keyboard"
    with pytest.raises(KeyError):
        load_texts("en")("finding.cat_on_keyboard")
    with pytest.raises(KeyError):
        load_texts("tlh")

import ast
import inspect

import pytest

from config.load import load_desk
from firmware.health import checks
from firmware.health.checks import all_checks
from firmware.health.texts import LANGUAGES, load_texts

CODES = {check.code for check in all_checks(load_desk())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_a_text_and_every_text_a_finding(language):
    assert set(load_texts(language)) == CODES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_what_it_is_and_what_to_do(language):
    for text in load_texts(language).values():
        assert text.title
        assert not text.title.endswith((".", "。"))
        assert text.action.endswith((".", "。"))
        assert text.sentence.startswith(text.title)
        assert text.sentence.endswith(text.action)


def test_languages_differ_and_an_unknown_one_is_refused():
    en, zh = load_texts("en"), load_texts("zh")
    assert all(en[code].action != zh[code].action for code in CODES)
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text.sentence) for text in zh.values())
    with pytest.raises(KeyError):
        load_texts("xx")


def test_one_check_one_file_one_class_named_as_its_code():
    for check in all_checks(load_desk()):
        module = inspect.getmodule(type(check))
        assert module is not None
        assert module.__name__ == f"{checks.__name__}.{check.code}"
        classes = [
            node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)
        ]
        assert len(classes) == 1

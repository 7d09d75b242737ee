import tomllib

import pytest

from sync.agent.errors import EnrolError
from sync.agent.settings_file import save, with_enrolment

DESK = {"id": "sh01-d017", "site": "sh01"}
RECIPIENT = {"name": "archive", "public_key": "QUJD", "purpose": "both"}
REPLICA = {"name": "a", "mqtt_host": "vault-a", "mqtt_port": 8883, "https_url": "https://vault-a:8443"}


def extended(text: str) -> dict:
    new = with_enrolment(text, desk=DESK, recipients=[RECIPIENT], replica=REPLICA)
    return tomllib.loads(new)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# a comment",
        '[desk]\nname = "Window"  # by the window\n\n[hook]\npin = 4\n',
        '[desk]\nid = ""\nsite = "main"\n[hook]\npin = 4',
        '[ desk ] # us\n  id = "" # none yet\n',
        "recipients = []\nreplica = [ ]  # none yet\n[desk]\n",
        '[hook]\npin = 4\n\n[[replica]]\nname = "b"\n[[recipients]]\nname = "x"\n',
    ],
)
def test_what_was_there_stays_and_the_enrolment_is_added(text: str) -> None:
    before = tomllib.loads(text)
    after = extended(text)
    assert after["desk"] == before.get("desk", {}) | DESK
    assert after["recipients"] == [*before.get("recipients", []), RECIPIENT]
    assert after["replica"] == [*before.get("replica", []), REPLICA]
    assert after.get("hook") == before.get("hook")


def test_comments_and_order_survive() -> None:
    text = '# first\n[desk]\nname = "W" # window\n\n# the hook\n[hook]\npin = 4\n'
    new = with_enrolment(text, desk=DESK, recipients=[], replica=None)
    assert [
        line for line in new.splitlines() if line not in ('id = "sh01-d017"', 'site = "sh01"')
    ] == text.splitlines()
    assert with_enrolment(new, desk=DESK, recipients=[], replica=None) == new


@pytest.mark.parametrize(
    "text",
    [
        'desk = {name = "inline"}',
        'desk.name = "dotted"',
        'recipients = [{name = "inline"}]',
        'x = """\n[desk]\n"""\n',
        "[desk",
    ],
)
def test_a_file_that_cannot_be_extended_without_harm_is_refused(text: str) -> None:
    with pytest.raises(EnrolError, match="settings file"):
        extended(text)


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "a\x00b"])
def test_what_would_break_out_of_a_string_is_refused(value: str) -> None:
    with pytest.raises(EnrolError, match="cannot be written"):
        with_enrolment("", desk={"id": value}, recipients=[], replica=None)


def test_saving_keeps_the_mode_and_makes_folders(tmp_path) -> None:
    path = tmp_path / "etc" / "desk.toml"
    save(path, "a = 1\n")
    path.chmod(0o604)
    save(path, "a = 2\n")
    assert path.read_text() == "a = 2\n"
    assert path.stat().st_mode & 0o777 == 0o604
    assert [one.name for one in path.parent.iterdir()] == ["desk.toml"]

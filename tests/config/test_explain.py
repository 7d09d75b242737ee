"""What `show` and `explain` tell, and that every shipped value has its comment."""

import msgspec
import pytest

from config.allowed import shown, unit_of
from config.errors import ConfigError
from config.explain import comments, defaults_name, effective, explain
from config.load import defaults_text, read_desk, read_vault


@pytest.mark.parametrize("read", [read_desk, read_vault])
def test_every_shipped_value_has_a_comment(read):
    loaded = read(None)
    told = comments(defaults_text(defaults_name(loaded)))
    for key in loaded.origins:
        assert len(told[key]) > 10, key
        assert unit_of(key).lower() in told[key].lower(), f"{key}: the comment tells no unit: {told[key]!r}"


@pytest.mark.parametrize("read", [read_desk, read_vault])
def test_structs_have_no_values_of_their_own(read):
    """Defaults live in the TOML files alone."""

    def fields(kind):
        for field in msgspec.structs.fields(kind):
            assert field.required, f"{kind.__name__}.{field.name}"
            inner = field.type
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                fields(inner)

    fields(type(read(None).settings))


@pytest.mark.parametrize("read", [read_desk, read_vault])
def test_every_setting_can_be_explained(read):
    loaded = read(None)
    for row in effective(loaded):
        told = explain(loaded, row.key)
        assert told.value == row.value == told.shipped
        assert told.origin == "shipped default"
        assert told.type
        assert told.allowed


def test_explained_in_full(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text("[audio]\npreroll_s = 3.5\n")
    told = explain(read_desk(file), "audio.preroll_s")
    assert (told.value, told.origin, told.shipped, told.type) == ("3.5", str(file), "2.0", "float")
    assert told.allowed == "a number from 0 to 5 (seconds)"
    assert told.meaning.startswith("Seconds kept from before")


def test_members_of_array_tables(tmp_path):
    assert explain(read_desk(None), "replica.mqtt_port").allowed == "a whole number from 1 to 65535"
    assert explain(read_desk(None), "replica").type == "array of table"


def test_an_unknown_key_is_told_its_neighbour():
    with pytest.raises(ConfigError, match=r"audio\.prerol is not a setting; did you mean audio\.preroll_s"):
        explain(read_desk(None), "audio.prerol")
    with pytest.raises(ConfigError, match="config show"):
        explain(read_desk(None), "€€€€€€€€")


def test_secrets_are_not_shown():
    assert shown("mail.password", "hunter2") == "(hidden)"
    assert shown("any", "-----BEGIN PRIVATE KEY-----\nabc") == "(hidden)"
    assert shown("audio.device", "USB") == '"USB"'
    assert len(shown("any", "x" * 5000)) < 100

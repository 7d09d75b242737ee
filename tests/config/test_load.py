"""Settings: shipped values, one override on top, errors with file, key path, value and what is allowed."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import ConfigError, load_desk, load_vault, read_desk, read_vault

KEY_32 = base64.b64encode(bytes(32)).decode()
KEY_1216 = base64.b64encode(bytes(1216)).decode()
RECIPIENT = f'[[recipients]]\nname = "archive"\npublic_key = "{KEY_1216}"\npurpose = "both"\n'
REPLICA = (
    '[[replica]]\nname = "a"\nmqtt_host = "vault-a.example"\nmqtt_port = 8883\n'
    f'https_url = "https://vault-a.example:8443"\nca_file = "keys/a.ca"\npublic_key = "{KEY_32}"\n'
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.toml"


def problems(file: Path, text: str, load=load_desk) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    return caught.value.problems


def test_the_shipped_values_are_whole_and_valid():
    desk = load_desk(None)
    assert (desk.audio.preroll_s, desk.hook.pin, desk.receipts_required) == (2.0, 17, 2)
    assert load_vault(None).https.port == 8443


def test_the_override_wins_key_by_key(file):
    file.write_text('[audio]\nrate_hz = 8000\n[desk]\nid = "sh01-d017"\n' + RECIPIENT + REPLICA)
    desk = load_desk(file)
    assert (desk.audio.rate_hz, desk.audio.channels, desk.desk.id) == (8000, 1, "sh01-d017")
    assert desk.recipients[0].purpose == "both"
    assert desk.replica[0].mqtt_host == "vault-a.example"


def test_origins_name_the_file_only_for_what_it_says(file):
    file.write_text("[audio]\nrate_hz = 8000\n" + REPLICA)
    origins = read_desk(file).origins
    assert origins["audio.rate_hz"] == str(file)
    assert origins["audio.channels"] == "shipped default"
    assert origins["replica"] == str(file)


def test_a_whole_number_is_a_float_too(file):
    file.write_text("[audio]\npreroll_s = 3\n")
    assert load_desk(file).audio.preroll_s == 3.0


def test_paths_are_relative_to_the_files_folder(file):
    file.write_text(
        'state_dir = "state"\n[audio]\ndriver = "wav_file"\nwav_path = "../a.wav"\n'
        '[line_interface]\ndriver = "lineboard"\nport = "tty"\n' + REPLICA
    )
    desk = load_desk(file)
    folder = file.parent
    assert desk.state_path == folder / "state"
    assert desk.keys_path == folder / "state" / "keys"
    assert desk.audio.wav_path == str(folder.parent / "a.wav")
    assert desk.line_interface.port == str(folder / "tty")
    assert desk.replica[0].ca_file == str(folder / "keys" / "a.ca")


def test_urls_and_absolute_paths_stay(file):
    file.write_text('[line_interface]\ndriver = "lineboard"\nport = "rfc2217://box:4000"\n')
    assert load_desk(file).line_interface.port == "rfc2217://box:4000"
    file.write_text('[line_interface]\ndriver = "lineboard"\nport = "/dev/ttyUSB0"\n')
    assert load_desk(file).line_interface.port == "/dev/ttyUSB0"


def test_the_environment_names_the_file(file, monkeypatch):
    file.write_text("[audio]\nrate_hz = 8000\n")
    monkeypatch.setenv("OFFHOOK_CONFIG", str(file))
    assert load_desk().audio.rate_hz == 8000
    assert read_desk().file == file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[audio]\nrate_hz = 12345", "audio.rate_hz = 12345: must be one of 8000, 16000, 44100, 48000"),
        ('[audio]\nrate_hz = "8000"', 'audio.rate_hz = "8000": must be one of 8000, 16000, 44100, 48000'),
        ("[audio]\npreroll_s = 5.1", "audio.preroll_s = 5.1: must be a number from 0 to 5 (seconds)"),
        ("[audio]\npreroll_s = nan", "audio.preroll_s = NaN: must be a number from 0 to 5 (seconds)"),
        (
            "[hook]\npoll_ms = true",
            "hook.poll_ms = true: must be a whole number from 50 to 10000 (milliseconds)",
        ),
        ('[hook]\ndriver = "gpoi"', 'hook.driver = "gpoi": must be one of "gpio", "line", "disabled"'),
        ("[audio]\nprerol_s = 2", "audio.prerol_s is not a setting; did you mean preroll_s?"),
        ("[audoi]\nrate_hz = 8000", "audoi is not a setting; did you mean audio?"),
        ("audio = 5", "audio = 5: must be a table, [audio]"),
        ("replica = 5", "replica = 5: must be tables [[replica]] with name, mqtt_host, mqtt_port"),
        ("replica = [5]", "replica[0] = 5: must be a table"),
        ("[desk]\nid = 'Desk 1'", 'desk.id = "Desk 1": must be lower-case letters and digits'),
        ("[hook]\npin = 5", "hook.pin = 5 is one of the lamps' pins"),
        ("[lamps]\nred_pin = 5", "lamps: green_pin, red_pin and amber_pin must be three different pins"),
        ('[audio]\nstereo_sides = "agent_left"', 'audio: stereo_sides = "agent_left" needs channels = 2'),
        ('[audio]\ndriver = "wav_file"', 'audio: driver = "wav_file" needs wav_path'),
        ('[line_interface]\ndriver = "lineboard"', 'line_interface: driver = "lineboard" needs port'),
        ('[hook]\ndriver = "line"', 'hook.driver = "line" needs line_interface.driver'),
        (RECIPIENT.replace(KEY_1216, KEY_32), "must be base64 of 1216 bytes"),
        (REPLICA.replace(KEY_32, "?" * 44), "must be base64 of 32 bytes"),
        (REPLICA.replace("https://", "http://"), "must be an address that begins with https://"),
        (REPLICA.replace('mqtt_host = "vault-a.example"\n', ""), "replica[0].mqtt_host is missing"),
        (REPLICA + REPLICA, "[[replica]] has two entries of the same name"),
        ('state_dir = ""', 'state_dir = "": must be a folder'),
    ],
)
def test_one_problem_one_sentence(file, text, sentence):
    (problem,) = problems(file, text)
    assert problem.startswith(f"{file}: ")
    assert sentence in problem


def test_all_problems_are_told_at_once(file):
    found = problems(file, '[audio]\nrate_hz = 1\ncodec = "mp3"\n[hook]\npin = 99\n')
    assert [problem.split(": ")[1].split(" = ")[0] for problem in found] == [
        "audio.rate_hz",
        "audio.codec",
        "hook.pin",
    ]


def test_what_is_no_file_no_text_no_toml(file):
    with pytest.raises(ConfigError, match=f"{file}: there is no such file"):
        load_desk(file)
    assert "is not TOML" in problems(file, "rate_hz = = 1")[0]
    assert "line 2" in problems(file, "a = 1\na = 2 3\n")[0]
    file.write_bytes(b"[audio]\ndevice = '\xff'")
    with pytest.raises(ConfigError, match="must be UTF-8 text; byte 18"):
        load_desk(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_desk(file.parent)


def test_a_private_key_in_the_wrong_place_is_not_repeated(file):
    (problem,) = problems(file, '[audio]\ncodec = "-----BEGIN PRIVATE KEY-----"')
    assert "(hidden)" in problem
    assert "BEGIN" not in problem


def test_the_console_without_tls_stays_on_this_machine(file):
    for host in ("0.0.0.0", "vault.example"):
        (problem,) = problems(file, f'[console_http]\nhost = "{host}"', load_vault)
        assert f'console_http.host = "{host}": must be a loopback address' in problem
    for host in ("127.0.0.1", "::1", "localhost", "127.0.1.1"):
        file.write_text(f'[console_http]\nhost = "{host}"')
        assert read_vault(file).settings.console_http.host == host


def test_vault_key_files_are_relative_to_the_settings_file(file):
    file.write_text('[keys]\naudio = ["archive.pem"]\n[vault]\nstate_dir = "state"\n')
    vault = load_vault(file)
    assert vault.keys.audio == (str(file.parent / "archive.pem"),)
    assert vault.signing_key_path == file.parent / "state" / "keys" / "vault.pem"


TOML_VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text("abc-_/:.", max_size=9).map(lambda text: f'"{text}"'),
)
DESK_KEYS = sorted(key for key in read_desk(None).origins if "." in key)


@given(st.sampled_from(DESK_KEYS), TOML_VALUES)
def test_any_value_is_taken_or_refused_with_its_key_path(tmp_path_factory, key, value):
    table, name = key.split(".")
    file = tmp_path_factory.getbasetemp() / "any.toml"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    file.write_text(f"[{table}]\n{name} = {text}\n")
    refused: tuple[str, ...] = ()
    try:
        load_desk(file)
    except ConfigError as error:
        refused = error.problems
    assert all(table in problem for problem in refused)

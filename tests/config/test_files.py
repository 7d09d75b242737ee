"""Files that settings name: each fault is one sentence that says what to do."""

import base64
from pathlib import Path

import pytest

from config.files import desk_problems, vault_problems
from config.load import load_desk, load_vault

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
KEY_32 = base64.b64encode(bytes(32)).decode()
KEY_1216 = base64.b64encode(bytes(1216)).decode()


@pytest.fixture
def desk(tmp_path: Path):
    """An enrolled desk with all its files; returns a function that finds its problems."""
    for name in ("state", "state/keys"):
        (tmp_path / name).mkdir()
    for name in ("desk.pem", "a.key", "b.key"):
        secret = tmp_path / "state" / "keys" / name
        secret.write_text("secret")
        secret.chmod(0o600)
    for name in ("a.ca", "b.ca"):
        (tmp_path / "state" / "keys" / name).write_text(CERTIFICATE)
    replicas = "".join(
        f'[[replica]]\nname = "{name}"\nmqtt_host = "h"\nmqtt_port = 1\nhttps_url = "https://h"\n'
        f'ca_file = "state/keys/{name}.ca"\npublic_key = "{KEY_32}"\n'
        for name in "ab"
    )
    (tmp_path / "desk.toml").write_text(
        'state_dir = "state"\n[desk]\nid = "d1"\n'
        f'[[recipients]]\nname = "r"\npublic_key = "{KEY_1216}"\npurpose = "both"\n{replicas}'
    )
    return lambda: desk_problems(load_desk(tmp_path / "desk.toml"))


def test_a_desk_with_all_its_files(desk):
    assert desk() == []


def test_a_private_key_that_others_can_read(desk, tmp_path):
    (tmp_path / "state/keys/desk.pem").chmod(0o644)
    (problem,) = desk()
    assert "others can read this private key (mode 0644); run: chmod 600" in problem


@pytest.mark.parametrize("name", ["desk.pem", "a.key", "b.ca"])
def test_a_missing_file(desk, tmp_path, name):
    (tmp_path / "state/keys" / name).unlink()
    (problem,) = desk()
    assert f"{name}: there is no such file" in problem


def test_a_ca_file_that_is_none(desk, tmp_path):
    (tmp_path / "state/keys/a.ca").write_text("hello")
    (problem,) = desk()
    assert "holds no certificate" in problem


def change(tmp_path, old, new):
    file = tmp_path / "desk.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_too_few_vaults_no_details_key_no_profile_no_folder(desk, tmp_path):
    change(tmp_path, '[desk]\nid = "d1"', 'receipts_required = 3\n[desk]\nid = "d1"\nline = "xx"')
    change(tmp_path, '"both"', '"audio"')
    change(tmp_path, 'state_dir = "state"', 'state_dir = "elsewhere"')
    found = "\n".join(desk())
    assert "no recording could ever leave this disk" in found
    assert 'no key of purpose "details"' in found
    assert 'desk.line = "xx": there is no such network profile; known: ' in found
    assert "install -d -m 700" in found


def test_a_desk_that_is_not_enrolled_lacks_nothing_yet(tmp_path):
    (tmp_path / "desk.toml").write_text('state_dir = "."')
    assert desk_problems(load_desk(tmp_path / "desk.toml")) == []


def test_a_wav_file_that_is_not_there(tmp_path):
    (tmp_path / "desk.toml").write_text('state_dir = "."\n[audio]\ndriver = "wav_file"\nwav_path = "no.wav"')
    (problem,) = desk_problems(load_desk(tmp_path / "desk.toml"))
    assert "no.wav: there is no such file" in problem


def vault(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "vault.toml").write_text(text + '\n[vault]\nstate_dir = "."')
    return vault_problems(load_vault(tmp_path / "vault.toml"))


def test_a_vault_with_what_it_makes_itself(tmp_path):
    assert vault(tmp_path, "") == []


def test_half_a_pair_is_a_problem(tmp_path):
    (problem,) = vault(tmp_path, '[https]\ncert = "a.crt"')
    assert "https.cert and https.key must both be given" in problem


def test_a_vaults_own_files(tmp_path):
    for name in ("a.key", "archive.pem", "keys/vault.pem"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("secret")
        file.chmod(0o640)
    (tmp_path / "a.crt").write_text(CERTIFICATE)
    found = vault(
        tmp_path,
        '[https]\ncert = "a.crt"\nkey = "a.key"\n[keys]\naudio = ["archive.pem"]\ndetails = ["x.pem"]',
    )
    assert [problem.split(" = ")[0] for problem in found] == [
        "https.key", "keys.audio[0]", "keys.details[0]", "keys.signing",
    ]  # fmt: skip


def test_a_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    (problem,) = vault(tmp_path, '[mqtt]\nca_file = "folder"')
    assert "cannot be read: Is a directory" in problem

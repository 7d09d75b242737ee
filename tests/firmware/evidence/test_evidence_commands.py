"""`offhook verify` and `offhook keys` as a person uses them."""

import json
import os
import stat

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.cli.keys import keys
from firmware.cli.verify import verify
from firmware.evidence.keys import ArchivePrivateKey, SigningKey


def run(command, *args, width=200):
    return CliRunner().invoke(
        command, [str(arg) for arg in args], env={"COLUMNS": str(width), "NO_COLOR": "1"}
    )


@pytest.fixture
def whole(desk, archive_key, tmp_path):
    desk.call()
    desk.checkpoint()
    archive_key.save(tmp_path / "archive.pem")
    return desk.write()


@pytest.mark.parametrize("width", [200, 60])
@pytest.mark.parametrize(
    ("language", "words"), [("en", ["genuine", "Signed by"]), ("zh", ["真实", "签名方"])]
)
def test_a_whole_desk(whole, tmp_path, width, language, words):
    args = ["--key", tmp_path / "archive.pem", "--desk-key", whole.key.public.base64, "--language", language]
    done = run(verify, whole.root, *args, width=width)
    assert done.exit_code == 0, done.output
    for word in words:
        assert word in done.output.replace("\n", " ")
    assert "sh01-d017" in done.output


def test_json_has_codes_and_texts(whole):
    done = run(verify, whole.root, "--json")
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "unconfirmed"
    assert [row["what"] for row in answer["results"]] == ["ledger", "recording", "receipt", "receipt"]
    finding = answer["results"][0]["findings"][0]
    assert finding.keys() == {"code", "severity", "values", "text"}
    assert finding["code"] == "chain_whole"


def test_a_changed_recording_is_exit_code_1(whole):
    path = next((whole.root / "spool" / "delivered").iterdir())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = run(verify, whole.root)
    assert done.exit_code == 1
    assert "not as" in done.output
    assert json.loads(run(verify, whole.root, "--json").stdout)["verdict"] == "wrong"


def test_a_flipped_bit_that_nothing_can_see_is_no_pass(whole):
    path = next((whole.root / "spool" / "delivered").iterdir())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = run(verify, path)
    assert done.exit_code == 2
    assert "not checked" in " ".join(done.output.split())
    assert "✓ The sound" not in done.output
    assert json.loads(run(verify, path, "--json").stdout)["verdict"] == "not_checked"


def test_what_is_no_evidence_is_exit_code_2(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    done = run(verify, tmp_path / "notes.txt", width=80)
    assert done.exit_code == 2
    assert "not looked at" in done.output


def test_many_genuine_rows_are_counted_only(desk, archive_key):
    for _ in range(15):
        desk.call()
    desk.checkpoint()
    args = [desk.write().root, "--desk-key", desk.key.public.base64]
    brief, full = run(verify, *args), run(verify, *args, "--all")
    assert brief.exit_code == full.exit_code == 0
    assert "46 more are genuine" in brief.output
    assert "000000000003" not in brief.output
    assert full.output.count("sealed") >= 15
    assert "All 46 things" in full.output
    path = next((desk.root / "spool" / "delivered").iterdir())
    path.write_bytes(b"junk")
    assert path.name in run(verify, *args, width=60).output


def test_an_empty_folder_is_exit_code_2(tmp_path):
    (tmp_path / "empty").mkdir()
    done = run(verify, tmp_path / "empty")
    assert done.exit_code == 2
    assert "Nothing to verify" in done.output


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["missing.ohr"], "does not exist"),
        ([], "Missing argument"),
        ([".", "--key", "missing.pem"], "cannot be read"),
        ([".", "--desk-key", "nonsense"], "neither a public key"),
        ([".", "--vault-key", "a=nonsense"], "neither a public key"),
    ],
)
def test_what_cannot_be_tried_is_exit_code_2(args, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(verify, *args)
    assert done.exit_code == 2
    assert said in done.output


def test_a_key_that_others_can_read_is_refused(whole, tmp_path):
    (tmp_path / "archive.pem").chmod(0o644)
    done = run(verify, whole.root, "--key", tmp_path / "archive.pem")
    assert done.exit_code == 2
    assert "chmod 600" in " ".join(done.output.split())


def test_ways_to_give_a_vault_s_key(whole, tmp_path, vault_key):
    receipt = next(path for path in (whole.root / "spool" / "receipts").iterdir() if ".a." in path.name)
    text = vault_key.public.base64
    (tmp_path / "a.pub").write_text(text + "\n")
    public = Ed25519PublicKey.from_public_bytes(vault_key.public.raw)
    (tmp_path / "a.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    vault_key.save(tmp_path / "private.pem")
    for given in (text, f"a={text}", tmp_path / "a.pub", f"a={tmp_path}/a.pem", tmp_path / "private.pem"):
        done = run(verify, receipt, "--vault-key", given, "--json")
        found = {finding["code"] for finding in json.loads(done.stdout)["results"][0]["findings"]}
        assert "receipt_signed_given" in found, (given, done.output)
    assert run(verify, receipt, "--vault-key", f"b={text}").exit_code == 1


@pytest.mark.parametrize(
    "data", [b"junk", b"-----BEGIN PUBLIC KEY-----\njunk\n-----END PUBLIC KEY-----\n", b"\xff"]
)
def test_a_key_file_that_is_none(data, whole, tmp_path):
    path = tmp_path / "key.pub"
    path.write_bytes(data)
    done = run(verify, whole.root, "--desk-key", path)
    assert done.exit_code == 2
    assert "not an Ed25519 public key" in done.output


@pytest.mark.parametrize(
    ("kind", "load"), [("archive", ArchivePrivateKey), ("desk", SigningKey), ("vault", SigningKey)]
)
def test_keys_are_made_and_shown(kind, load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(keys, "new", kind)
    assert done.exit_code == 0
    path = tmp_path / f"{kind}.pem"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    public = load.load(path).public
    assert public.base64 in done.output
    shown = json.loads(run(keys, "show", path, "--json").stdout)
    assert shown["public_key"] == public.base64
    assert shown["key_id"] == public.key_id
    assert public.key_id in run(keys, "show", path).output
    again = run(keys, "new", kind)
    assert again.exit_code == 2
    assert "never overwritten" in again.output
    assert load.load(path).public == public


def test_keys_for_programs(tmp_path):
    made = json.loads(run(keys, "new", "vault", "-o", tmp_path / "v.pem", "--json").stdout)
    assert made["kind"] == "signing"
    assert run(keys, "new", "coffee").exit_code == 2
    assert "cannot be read" in run(keys, "show", tmp_path / "missing.pem").output


@pytest.mark.parametrize("command", [verify, keys, keys.commands["new"], keys.commands["show"]])
def test_help_has_an_example(command):
    done = run(command, "--help")
    assert "Example" in done.output
    assert "offhook" in done.output

"""`make demo ONCE=1 KEEP=dir`: the command that the README shows, its exit code, and what it leaves."""

import json
import subprocess

from sync.demo.command import offhook

CALLS = ["incoming, answered", "outgoing, answered", "outgoing, unanswered"]


def test_three_calls_end_in_two_vaults_and_all_that_the_table_claims_is_true(tmp_path, speech_folder):
    keep = tmp_path / "kept"
    command = offhook("demo", "--once", "--keep", str(keep), "--speech", str(speech_folder))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((keep / "result.json").read_text())
    assert result["good"]
    assert [call["scenario"] for call in result["calls"]] == CALLS
    for call in result["calls"]:
        assert call["call"] in done.stdout
        assert call["recorded_s"] >= call["off_hook_s"] > 10
    assert (keep / "keys" / "archive.pem").exists()
    assert len([*(keep / "vault-a" / "objects").rglob("*.ohr")]) == len(CALLS)
    assert len([*(keep / "vault-b" / "objects").rglob("*.ohr")]) == len(CALLS)


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = subprocess.run(
        offhook("demo", "--once", "--keep", str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "name a new folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]

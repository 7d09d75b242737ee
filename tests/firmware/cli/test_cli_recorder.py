import subprocess
import sys

OFFHOOK = [sys.executable, "-P", "-m", "firmware.cli.main"]


def test_help_shows_an_example():
    done = subprocess.run([*OFFHOOK, "recorder", "--help"], capture_output=True, text=True, check=True)
    assert "offhook recorder --config /etc/offhook/desk.toml" in done.stdout


def test_a_settings_file_that_is_not_there_is_named(tmp_path):
    missing = tmp_path / "desk.toml"
    command = [*OFFHOOK, "recorder", "--config", str(missing)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{missing}: there is no such file" in done.stderr


def test_the_process_itself_refuses_other_arguments():
    command = [sys.executable, "-P", "-m", "firmware.recorder", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_the_process_does_not_load_what_it_does_not_need():
    """Each of these costs a desk 4 to 28 MB for as long as the recorder runs."""
    unwanted = ("click", "rich", "sqlite_utils", "paho", "urllib3", "soundfile", "soxr", "sync")
    code = (
        f"import sys, firmware.recorder.main\nprint([name for name in {unwanted!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

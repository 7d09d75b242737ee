"""Bad input at a whole desk: each gives a sentence that says what to do, and no recording is lost by it."""

import contextlib
import os
import re
import subprocess

import pytest
from evidence_of import assert_evidence_whole, of_kind
from faulty_front import FaultyFront

from sync.demo.command import offhook
from sync.demo.site import Site
from sync.demo.until import NeverError, until

pytestmark = pytest.mark.soak  # minutes of a whole desk with faults: `make soak`

NETWORK = {"vault_unreachable", "backlog_old"}
CUSTOMER = "13800138000"


def call(site, speech, seconds=3.0, during=None) -> None:
    """An incoming call; `during` happens in the middle of it."""
    line = site.line
    line.ring(number=CUSTOMER)
    line.wait(1.0)
    line.lift()
    line.wait_lamp("red")
    line.wait_line("talking")
    line.say("agent", speech.agent())
    line.wait(seconds / 2)
    if during:
        during()
    line.wait(seconds / 2)
    line.hush("agent")
    line.replace()
    site.desk.wait_on_hook()


def raised(site) -> dict[str, str]:
    """Findings that the panel shows now, by code, with what they say."""
    found = site.desk.status("panel").get("findings", [])
    return {one["code"]: f"{one['text_en']} {one.get('detail', '')}" for one in found}


def until_raised(site, code: str) -> str:
    until(lambda: code in raised(site), f"finding {code}; there is {raised(site)}")
    return raised(site)[code]


def situation(site) -> int:
    """Row of the table of lamps; a starting panel leaves its own out."""
    return site.desk.status("panel").get("situation", 2)


def until_well(site) -> None:
    """Nothing raised but what tells of the past."""
    try:
        until(lambda: not set(raised(site)) - {"process_restarted"}, "all is well again")
    except NeverError as error:
        raise AssertionError(raised(site)) from error


def log_of(site, name: str) -> str:
    return site.processes[name].log.read_text()


def until_said(site, name: str, pattern: str) -> None:
    """In the log of a process."""
    until(lambda: re.search(pattern, log_of(site, name)) is not None, f"{name} says {pattern}")


def again(site, *names: str) -> None:
    """Start these processes of the desk anew, as systemd would after a change of settings."""
    for name in names:
        site.desk.parts[name].stop()
    for name in names:
        site.desk.parts[name].start()


@contextlib.contextmanager
def settings(site, old: str, new: str):
    """The desk's settings with `old` replaced, and as they were afterwards; nothing is restarted by it."""
    text = site.desk.config.read_text()
    assert old in text
    site.desk.config.write_text(text.replace(old, new))
    try:
        yield
    finally:
        site.desk.config.write_text(text)


@pytest.mark.parametrize(
    ("settings_text", "sentence"),
    [
        ("[audio]\nrate_hz = 12345\n", r"audio\.rate_hz = 12345: must be .*8000.*48000"),
        ('[audio]\npreroll_s = "two"\n', r'audio\.preroll_s = "two": must be a number'),
        ('[audio]\ndevise = "USB"\n', r"audio\.devise is not a setting; did you mean device\?"),
        ("[audio\n", r"is not TOML"),
    ],
    ids=["value", "type", "unknown", "syntax"],
)
@pytest.mark.parametrize("process", ["recorder", "agent", "panel"])
def test_settings_that_cannot_be_used_end_a_process_with_file_key_and_what_is_allowed(
    tmp_path, process, settings_text, sentence
):
    file = tmp_path / "desk.toml"
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n' + settings_text)
    done = subprocess.run(
        offhook(process, "--config", str(file)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert re.search(sentence, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state").exists(), "nothing is touched"


def hide(key) -> None:
    key.rename(key.with_suffix(".away"))


def unhide(key) -> None:
    key.with_suffix(".away").rename(key)


@pytest.mark.parametrize(
    ("spoil", "mend", "sentence"),
    [
        (hide, unhide, "cannot be read: No such file"),
        (lambda key: key.chmod(0o644), lambda key: key.chmod(0o600), "chmod 600"),
    ],
    ids=["missing", "world-readable"],
)
def test_a_signing_key_that_cannot_be_used_stops_no_recording(site, speech, spoil, mend, sentence):
    key = site.desk.folder / "keys" / "desk.pem"
    before = len(of_kind(site, "recording"))
    spoil(key)
    try:
        again(site, "recorder", "agent")
        until_said(site, "agent", re.escape(str(key)) + ".*" + sentence)
        assert until_raised(site, "keys_missing")
        call(site, speech)
        until(lambda: len(of_kind(site, "recording")) == before + 1, "the call is recorded all the same")
    finally:
        mend(key)
        again(site, "recorder", "agent")
    site.desk.wait_delivered()
    until_well(site)
    assert_evidence_whole(site)


@pytest.fixture
def wrong_device(site):
    """The settings name a sound card that is not there; put right and restarted afterwards."""
    with settings(site, 'device = "offhook-line"', 'device = "no such card"'):
        again(site, "recorder")
        yield
    again(site, "recorder")


def test_a_wrong_sound_device_is_named_beside_those_that_are_there(site, wrong_device):
    before = len(of_kind(site, "recording"))
    until(lambda: "no such card" in raised(site).get("audio_missing", ""), "the card wanted is named")
    until(lambda: "offhook-line" in raised(site)["audio_missing"], "and the one that is there")
    until(lambda: situation(site) == 3, "the lamps say that it cannot record")
    assert site.line.lamps().green == 0.0
    site.line.lift()
    site.line.wait(1.0)
    site.line.replace()
    until(lambda: len(of_kind(site, "recording")) == before + 1, "the call is entered all the same")
    lost = of_kind(site, "recording")[-1].body
    assert lost["lost_samples"] == lost["samples"] > 0, "and says that all of it is missing"


def test_after_the_device_is_put_right_calls_are_recorded_whole(site, speech):
    until(lambda: "audio_missing" not in raised(site), "the card is found")
    until(lambda: site.desk.status("recorder").get("preroll_ms") == 2000, "the pre-roll is full")
    call(site, speech)
    site.desk.wait_delivered()
    assert of_kind(site, "recording")[-1].body["lost_samples"] == 0
    until_well(site)
    assert_evidence_whole(site)


def test_garbage_on_the_serial_port_touches_no_recording(site, speech):
    starts = {name: part.starts for name, part in site.processes.items()}

    def garble() -> None:
        for junk in ("\x00\xff~garbage~\r\n", "\xff" * 5000, "01 I S 0276 G B3 99/99 99:99 XM\r\n", "\n\n\r"):
            site.line.garble_serial(junk)

    call(site, speech, during=garble)
    site.desk.wait_delivered()
    last = of_kind(site, "recording")[-1]
    assert (last.body["ended_by"], last.body["lost_samples"]) == ("on_hook", 0)
    assert {name: part.starts for name, part in site.processes.items()} == starts
    assert_evidence_whole(site)


@pytest.fixture
def small_site(tmp_path):
    """A site whose desk has a disk of 64 MiB of its own (20 % of it is more than 2 h of calls)."""
    assert os.geteuid() == 0, "this test mounts a small tmpfs: run it as root (in a container that may mount)"
    folder = tmp_path / "site" / "desk"
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "offhook-test", str(folder)], check=True)
    try:
        with Site(tmp_path / "site") as made:
            yield made
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder) -> None:
    """Leave no byte free."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def test_a_full_disk_is_said_and_what_was_recorded_before_it_arrives(small_site, speech):
    site = small_site
    call(site, speech)
    call(site, speech, seconds=6.0, during=lambda: fill(site.desk.folder))
    assert until_raised(site, "disk_full")
    assert site.line.lamps().green == 0.0
    until(lambda: of_kind(site, "not_recorded"), "the rest of the call is entered")
    first, cut = of_kind(site, "recording")
    assert (first.body["ended_by"], cut.body["ended_by"]) == ("on_hook", "disk_full")
    (site.desk.folder / "filler").unlink()
    site.desk.wait_delivered()
    until_well(site)
    call(site, speech)
    site.desk.wait_delivered()
    assert of_kind(site, "recording")[-1].body["ended_by"] == "on_hook"
    assert_evidence_whole(site)


@pytest.fixture(scope="module")
def fronted(tmp_path_factory):
    """A site whose vault a stands behind a front that can misbehave; findings come after 3 s."""
    soon = {"health": {"vault_unreachable_s": 3.0, "backlog_old_s": 3.0}}
    with Site(tmp_path_factory.mktemp("fronted"), settings=soon) as site:
        vault = site.vaults[0]
        with FaultyFront(vault.folder, vault.ports.https) as front:
            text = site.desk.config.read_text()
            site.desk.config.write_text(text.replace(f":{vault.ports.https}", f":{front.port}"))
            again(site, "agent", "panel")
            yield site, front


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("500", "answers 500"),
        ("401", "refuses this desk's identity"),
        ("409", r"refuses offset|409"),
        ("nothing", "gave no answer"),
        ("gone", "broke off"),
    ],
)
def test_a_misbehaving_vault_costs_nothing_but_time(fronted, speech, fault, sentence):
    site, front = fronted
    before = len(of_kind(site, "recording"))
    front.fault = fault
    try:
        call(site, speech)
        until(lambda: front.met[fault] > 0, "the fault is met")
        until(
            lambda: re.search(sentence, site.desk.status("agent")["replicas"]["a"]["error"]),
            f"{sentence}; the agent says {site.desk.status('agent').get('replicas', {}).get('a')}",
        )
        until(lambda: NETWORK & set(raised(site)), f"a finding of {NETWORK}; there is {raised(site)}")
        until(lambda: len(of_kind(site, "recording")) > before, "the recording is entered")
        recording = of_kind(site, "recording")[before]
        assert (recording.body["ended_by"], recording.body["lost_samples"]) == ("on_hook", 0)
        name = f"{int(str(recording.body['call']).split('/')[1]):012d}.ohr"
        b = site.vaults[1].folder / "objects"
        until(lambda: any(b.rglob(name)), "the other vault has it meanwhile")
        assert (site.desk.folder / "spool" / "waiting" / name).exists(), "kept until both have it"
    finally:
        front.fault = ""
    until(lambda: not [*(site.desk.folder / "spool" / "waiting").glob("*.ohr")], "delivered", 90.0)
    until(lambda: not NETWORK & set(raised(site)), "all is well again", 90.0)
    assert_evidence_whole(site)

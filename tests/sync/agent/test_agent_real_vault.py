"""Enrolment, agent and two real vaults, each its own process with its own Mosquitto."""

import json
import signal

import pytest
from desk_rig import DeskRig, until
from real_vault import AgentProcess, RealVault, desk_settings, offhook

from config.load import load_desk
from firmware.evidence.entry import Entry

DESK = "sh01-d017"


@pytest.fixture(scope="module")
def vaults(tmp_path_factory):
    made = [RealVault(tmp_path_factory.mktemp("vaults") / name, name) for name in ("a", "b")]
    yield made
    for vault in made:
        vault.close()


@pytest.fixture(scope="module")
def desk(vaults, tmp_path_factory):
    config = desk_settings(tmp_path_factory.mktemp("desk") / "etc")
    for vault in vaults:
        offhook("enrol", vault.url, vault.code(DESK), "--config", config)
    made = DeskRig.after_enrolment(config)
    yield made
    made.close()


@pytest.fixture
def agent(desk):
    running = [AgentProcess(desk.config)]
    yield running
    running[-1].stop()


def test_enrolment_adds_both_vaults_and_keeps_what_a_person_wrote(desk, vaults):
    settings = load_desk(desk.config)
    assert (settings.desk.id, settings.desk.name) == (DESK, "Window")
    assert [one.name for one in settings.replica] == ["a", "b"]
    assert len({one.public_key for one in settings.replica}) == 2
    assert settings.recipients
    assert desk.config.read_text().startswith("# this desk stands by the window\n")
    private = [path for path in desk.keys.iterdir() if path.suffix in (".key", ".pem")]
    assert len(private) == 3
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    entries = [Entry.parse(raw) for raw in desk.ledger.read(1, 10)]
    enrolled = [entry.body["vaults"] for entry in entries if entry.kind == "enrolled"]
    assert [[vault["name"] for vault in vaults] for vaults in enrolled] == [["a"], ["a", "b"]]
    assert "all settings are good" in offhook("config", "check", "--config", desk.config)


def test_codes_and_addresses_that_do_not_fit_change_nothing(desk, vaults):
    a, b = vaults
    before = desk.config.read_bytes()
    assert "another fingerprint" in offhook("enrol", a.url, b.code(DESK), "--config", desk.config, code=2)
    assert "refuses (403)" in offhook("enrol", a.url, a.code("sh01-d018"), "--config", desk.config, code=2)
    assert "enrolment code" in offhook("enrol", a.url, "ABC", "--config", desk.config, code=2)
    nobody = "https://127.0.0.1:9"
    assert "cannot be reached" in offhook("enrol", nobody, a.code(DESK), "--config", desk.config, code=2)
    assert desk.config.read_bytes() == before


def test_enrolling_again_with_a_new_code_renews_and_doubles_nothing(desk, vaults):
    told = json.loads(
        offhook("enrol", vaults[0].url, vaults[0].code(DESK), "--config", desk.config, "--json")
    )
    assert told["replicas"] == 2
    assert [one.name for one in load_desk(desk.config).replica] == ["a", "b"]


def test_a_call_is_safe_in_both_vaults_and_killing_the_agent_in_it_doubles_nothing(desk, vaults, agent):
    call = desk.call().grow().grow()
    until(lambda: all(any((v.folder / "uploads").rglob("*.part")) for v in vaults), "both have begun")
    agent[-1].stop(signal.SIGKILL)
    call.grow()
    agent.append(AgentProcess(desk.config))
    call.grow().finish()
    until(lambda: call.seq in desk.spool.delivered(), "both receipts are here")
    for vault in vaults:
        assert vault.objects(DESK)[call.seq] == call.content
    kinds = desk.kinds()
    assert kinds.count("receipt") == 2
    last = len(kinds)

    def whole(vault) -> bool:
        found = vault.rows("SELECT count(*), max(seq) FROM ledger WHERE desk = ?", DESK)
        return found == [(last, last)]

    until(lambda: all(whole(vault) for vault in vaults), "the whole ledger, once")
    assert agent[-1].stop() == 0


def test_a_vault_and_a_broker_killed_in_a_call_get_everything_afterwards(desk, vaults, agent):
    a, b = vaults
    call = desk.call().grow()
    a.kill("vault")
    b.kill("broker")
    call.grow().finish()
    until(lambda: desk.status() and desk.status().replicas["b"].error, "said")
    a.start()
    b.start()
    until(lambda: call.seq in desk.spool.delivered(), "delivered in the end")
    assert a.objects(DESK)[call.seq] == b.objects(DESK)[call.seq] == call.content

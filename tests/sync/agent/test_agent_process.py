"""`offhook agent` as a process: signals, wills, settings that do not do."""

import signal

from real_vault import AgentProcess, offhook


def test_a_killed_agent_leaves_its_own_will_and_comes_back_with_a_new_session(make_vault, make_desk):
    a = make_vault("a")
    desk = make_desk(a)
    agent = AgentProcess(desk.config)
    a.wait_for(lambda: a.said("state"))
    first = a.said("state")[-1]
    agent.stop(signal.SIGKILL)
    a.wait_for(lambda: a.said("state")[-1]["state"] == "offline")
    assert a.said("state")[-1]["session"] == first["session"]
    agent = AgentProcess(desk.config)
    a.wait_for(lambda: a.said("state")[-1]["state"] == "online")
    assert a.said("state")[-1]["session"] != first["session"]
    assert agent.stop() == 0
    a.wait_for(lambda: a.said("state")[-1]["state"] == "stopped")


def test_a_second_agent_ends_at_once_and_the_first_keeps_its_session(make_vault, make_desk):
    a = make_vault("a")
    desk = make_desk(a)
    agent = AgentProcess(desk.config)
    a.wait_for(lambda: a.said("state"))
    assert "another agent runs on this state folder" in offhook("agent", "--config", desk.config, code=1)
    assert [one["state"] for one in a.said("state")] == ["online"]
    assert agent.stop() == 0


def test_a_desk_that_is_not_enrolled_says_what_to_do(tmp_path):
    config = tmp_path / "desk.toml"
    config.write_text(f'state_dir = "{tmp_path}"\n')
    assert "run `offhook enrol URL CODE`" in offhook("agent", "--config", config, code=2)


def test_wrong_settings_and_open_keys_are_said(make_vault, make_desk):
    desk = make_desk(make_vault("a"))
    (desk.keys / "desk.pem").chmod(0o644)
    assert "chmod 600" in offhook("agent", "--config", desk.config, code=2)
    desk.config.write_text(desk.config.read_text() + "\n[hoook]\n")
    assert "did you mean hook" in offhook("agent", "--config", desk.config, code=2)


def test_every_command_shows_an_example():
    for command in ("agent", "enrol"):
        assert "Example:" in offhook(command, "--help")

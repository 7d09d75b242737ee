import pytest

from firmware.status import AudioStatus, FindingStatus, LampPatterns, PanelStatus, RecorderStatus
from sync.agent.telling import UNDRIVEN, Sources, call_state, health, worth_telling
from sync.wire.messages import Backlog, Disk, Health, Lamps, decode, encode

AT = "2026-11-22T08:00:00.000000Z"
NOW = 10_000_000_000_000
WHO = {"pid": 1, "boot": "b", "mono_ns": NOW, "started_mono_ns": 0}
FINDING = FindingStatus("disk_low", "major", AT, "Free the disk", "清理磁盘")
PANEL = PanelStatus(**WHO, situation=7, lamps=LampPatterns("on", "off", "blinks_3"), findings=[FINDING])
RECORDER = RecorderStatus(
    **WHO, state="on_hook", audio=AudioStatus(present=True, device="USB"), off_hook_ms_today=5
)


def told(recorder=RECORDER, panel=PANEL, mono_ns=NOW) -> Health:
    sources = Sources(recorder, panel, None, None, Disk(1, 2), "0.1.0", "b", mono_ns)
    return health(sources, at=AT, session="s", head=9, backlog=Backlog())


def test_health_says_what_the_processes_say() -> None:
    message = told()
    assert message.situation == 7
    assert message.lamps == Lamps("on", "off", "blinks_3")
    assert [finding.code for finding in message.findings] == ["disk_low"]
    assert message.coverage.off_hook_ms == 5
    assert set(message.processes) == {"agent", "recorder", "panel"}
    assert decode(Health, encode(message)) == message


def test_a_process_that_fell_silent_is_not_shown_as_alive() -> None:
    message = told(mono_ns=NOW + 60_000_000_000)
    assert message.processes == ("agent",)
    assert (message.situation, message.lamps) == (0, UNDRIVEN)
    assert not message.audio.present


def test_another_boots_status_says_nothing() -> None:
    other = PanelStatus(**(WHO | {"boot": "earlier"}), situation=8)
    assert told(panel=other).situation == 0


def test_only_what_people_see_is_told_at_once() -> None:
    louder = RecorderStatus(
        **WHO, state="on_hook", audio=AudioStatus(present=True, device="USB", level_dbfs_x100=-1)
    )
    assert worth_telling(told()) == worth_telling(told(recorder=louder))
    assert worth_telling(told()) != worth_telling(told(panel=None))


@pytest.mark.parametrize(
    ("state", "off_hook", "shown"),
    [
        ("on_hook", False, "on_hook"),
        ("ringing", False, "ringing"),
        ("dialling", True, "off_hook"),
        ("held", True, "off_hook"),
        ("talking", True, "talking"),
    ],
)
def test_the_live_state_has_four_words(state: str, off_hook: bool, shown: str) -> None:
    message = call_state(RecorderStatus(**WHO, state=state, off_hook=off_hook, call="d/1"), AT)
    assert (message.state, message.call) == (shown, "d/1")


def test_a_starting_recorder_tells_nothing() -> None:
    assert call_state(None, AT) is None
    assert call_state(RecorderStatus(**WHO), AT) is None

"""A vault that answers 500, 401, 409, nothing, half: nothing is lost, nothing doubled, the error is said."""

from datetime import timedelta

import pytest
from desk_rig import until

from sync.agent import https


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 s of silence are right for a disk under load, and too long for a test."""
    monkeypatch.setattr(https.VaultHttps.__init__, "__kwdefaults__", {"read_s": 1.0})


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("POST", "500"),
        ("POST", "401"),
        ("POST", "nothing"),
        ("POST", "half"),
        ("PATCH", "500"),
        ("PATCH", "503"),
        ("PATCH", "401"),
        ("PATCH", "409"),
        ("PATCH", "410"),
        ("PATCH", "423"),
        ("PATCH", "460"),
        ("PATCH", "nothing"),
        ("PATCH", "half"),
        ("PATCH", "cut"),
        ("PATCH", "liar"),
        ("HEAD", "500"),
        ("HEAD", "404"),
    ],
)
def test_one_fault_in_the_middle_loses_and_doubles_nothing(make_vault, make_desk, run_agent, method, fault):
    a = make_vault("a")
    desk = make_desk(a)
    run_agent(desk)
    a.wait_for(lambda: ("OPTIONS", 204) in a.requests)
    a.faults.append((method, fault))
    call = desk.call().grow().grow()
    a.wait_for(lambda: a.has(call.call, call.content, complete=False))
    call.grow(400_000).finish()
    a.wait_for(lambda: a.has(call.call, call.content))
    until(lambda: desk.spool.delivered() == [call.seq], "delivered")
    assert not a.faults, "the fault was met"
    until(lambda: desk.error("a") == "", "the error is gone when all is well again")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("500", "answers 500 to"),
        ("401", "refuses this desk's identity (401)"),
        ("409", "refuses offset 0 (409)"),
        ("nothing", "took the request and gave no answer"),
        ("cut", "broke off"),
        ("460", "damaged on the way"),
    ],
)
def test_a_vault_that_goes_on_misbehaving_is_named_in_the_status(
    make_vault, make_desk, run_agent, fault, sentence
):
    a, b = make_vault("a"), make_vault("b")
    desk = make_desk(a, b)
    a.faults.extend([("PATCH", fault)] * 12)
    run_agent(desk)
    call = desk.call().grow().finish()
    until(lambda: sentence in desk.error("a"), f"{sentence}; got {desk.error('a')!r}")
    b.wait_for(lambda: b.has(call.call, call.content), "the other replica is not slowed")
    assert desk.spool.waiting() == [call.seq], "kept"
    a.faults.clear()
    a.wait_for(lambda: a.has(call.call, call.content))
    until(lambda: desk.spool.delivered() == [call.seq], "delivered in the end")


def test_a_recording_that_is_refused_is_set_aside_and_holds_up_no_other(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    run_agent(desk)
    a.faults.append(("PATCH", "413"))
    refused = desk.call().grow().finish()
    until(lambda: f"answers 413 to PATCH of {refused.call}" in desk.error("a"))
    good = desk.call().grow().finish()
    a.wait_for(lambda: a.has(good.call, good.content))
    until(lambda: desk.spool.delivered() == [good.seq])
    assert desk.spool.waiting() == [refused.seq]
    assert "413" in desk.error("a"), "still said"


def test_a_file_that_got_shorter_here_is_a_finding_and_overwrites_nothing(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    call = desk.call().grow().finish()
    a.uploads[call.call] = bytearray(call.content + b"more than this desk has")
    run_agent(desk)
    until(lambda: "Nothing is overwritten" in desk.error("a"))
    assert bytes(a.uploads[call.call]).startswith(call.content)
    assert ("PATCH", 204) not in a.requests
    assert desk.spool.waiting() == [call.seq]


def test_a_desk_whose_clock_is_a_day_off_takes_the_vaults(make_vault, make_desk, run_agent):
    a = make_vault("a")
    a.clock_skew = timedelta(days=1)
    desk = make_desk(a)
    run_agent(desk)
    call = desk.call().grow().finish()
    a.wait_for(lambda: a.has(call.call, call.content))
    assert sum(status == 401 for _, status in a.requests) == 1


def test_bytes_that_the_vault_has_already_are_not_sent_again(make_vault, make_desk, run_agent):
    a = make_vault("a")
    desk = make_desk(a)
    call = desk.call().grow(600_000).finish()
    a.uploads[call.call] = bytearray(call.content[:500_000])
    run_agent(desk)
    a.wait_for(lambda: a.has(call.call, call.content))
    a.wait_for(lambda: ("PATCH", 204) in a.requests)
    assert sum(request == ("PATCH", 204) for request in a.requests) == 1

"""Receipts and commands: only what fits exactly is taken, and a refusal changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firmware.evidence.jws import sign_jws
from firmware.evidence.keys import SigningKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.times import format_utc
from sync.agent.commands import CommandCheck, carry_out
from sync.agent.errors import RefusedError
from sync.agent.receipts import ReceiptCheck, Recorded
from sync.wire.messages import Command

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
GOOD = Receipt(call="d1/7", frames=3, sha256="a" * 64, size=100, stored_at=format_utc(NOW), vault="a")


@pytest.fixture
def check() -> ReceiptCheck:
    known = {7: Recorded("d1/7", "a" * 64, 100, 3)}
    return ReceiptCheck(desk="d1", keys={"a": KEY.public, "b": OTHER.public}, recorded=known.get)


def test_a_receipt_that_fits_is_taken(check: ReceiptCheck) -> None:
    taken = check.take("a", GOOD.sign(KEY))
    assert (taken.seq, taken.vault, taken.receipt) == (7, "a", GOOD)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.sign(OTHER), "signed by key"),
        (GOOD.sign(KEY)[:-4] + "AAAA", "refused"),
        ("", "refused"),
        (replace(GOOD, vault="b").sign(KEY), "names vault 'b'"),
        (replace(GOOD, call="d2/7").sign(KEY), "another desk"),
        (replace(GOOD, call="d1/8").sign(KEY), "not in this desk's ledger"),
        (replace(GOOD, sha256="b" * 64).sign(KEY), "sha256"),
        (replace(GOOD, size=101).sign(KEY), "size"),
        (replace(GOOD, frames=4).sign(KEY), "frames"),
    ],
)
def test_any_other_receipt_is_refused_with_its_reason(check: ReceiptCheck, text: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        check.take("a", text)


def command(key: SigningKey = KEY, **changes: object) -> bytes:
    claims = {"id": "c1", "name": "identify", "desk": "d1", "vault": "a", "v": 1, "arguments": {}}
    times = {"issued": format_utc(NOW), "expires": format_utc(NOW + timedelta(minutes=5))}
    return sign_jws({**claims, **times, **changes}, key).encode()


@pytest.fixture
def commands(tmp_path) -> CommandCheck:
    return CommandCheck(
        desk="d1", keys={"a": KEY.public}, memory=tmp_path / "commands.json", wall=lambda: NOW
    )


def test_a_command_is_taken_once_also_by_the_next_process(commands: CommandCheck, tmp_path) -> None:
    assert commands.take("a", command()).id == "c1"
    later = CommandCheck(
        desk="d1", keys={"a": KEY.public}, memory=tmp_path / "commands.json", wall=lambda: NOW
    )
    for check in (commands, later):
        with pytest.raises(RefusedError, match="seen before"):
            check.take("a", command())
    assert later.take("a", command(id="c2")).id == "c2"


@pytest.mark.parametrize(
    "payload",
    [
        command(OTHER),
        command(desk="d2"),
        command(vault="b"),
        command(expires=format_utc(NOW)),
        command(expires=format_utc(NOW + timedelta(days=2))),
        command(expires="tomorrow"),
        command(v=2),
        command(name=7),
        b"\xff",
        b"",
    ],
)
def test_any_other_command_is_refused_and_not_remembered(
    commands: CommandCheck, tmp_path, payload: bytes
) -> None:
    with pytest.raises(RefusedError, match="command of a"):
        commands.take("a", payload)
    assert not (tmp_path / "commands.json").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("reboot", {}, "unknown command"),
        ("identify", {"seconds": "0"}, "1 to 60"),
        ("identify", {"seconds": "x"}, "1 to 60"),
        ("identify", {"seconds": "99999"}, "1 to 60"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, name: str, arguments: dict[str, str], error: str) -> None:
    wanted = Command(id="1", name=name, desk="d", vault="a", issued="", expires="", arguments=arguments)
    outcome = carry_out(wanted, run_dir=tmp_path, boot="b", mono_ns=0)
    assert not outcome.ok
    assert error in outcome.error
    assert not list(tmp_path.iterdir())

import pytest

from sync.wire.errors import WireError
from sync.wire.messages import Ack, CallState, Command, Result, State, decode, encode

AT = "2026-11-22T08:00:00.123456Z"
SAMPLES = [
    State(state="online", session="s1", at=AT),
    CallState(at=AT, state="talking", call="d1/7"),
    Ack(ledger_seq=7, receipts=("a.b.c",)),
    Command(id="1", name="identify", desk="d1", vault="a", issued=AT, expires=AT, arguments={"seconds": "5"}),
    Result(id="1", ok=False, at=AT, error="unknown command"),
]


@pytest.mark.parametrize("message", SAMPLES, ids=lambda m: type(m).__name__)
def test_decode_gives_back_what_was_encoded(message) -> None:
    assert decode(type(message), encode(message)) == message


@pytest.mark.parametrize("message", SAMPLES, ids=lambda m: type(m).__name__)
def test_every_cut_of_a_message_is_refused(message) -> None:
    payload = encode(message)
    for end in range(len(payload)):
        with pytest.raises(WireError):
            decode(type(message), payload[:end])


def test_fields_of_a_newer_desk_are_ignored() -> None:
    payload = b'{"state":"online","session":"s","at":"2026-11-22T08:00:00.000000Z","weather":"fine"}'
    assert decode(State, payload).session == "s"


@pytest.mark.parametrize(
    ("kind", "payload", "says"),
    [
        (State, b'{"state":"asleep","session":"s","at":""}', "state"),
        (State, b'{"state":"online","at":""}', "session"),
        (Ack, b'{"ledger_seq":"7"}', "ledger_seq"),
        (Ack, b"[]", "Ack"),
        (Ack, b"\xff\xfe", "Ack"),
    ],
)
def test_an_error_names_the_field(kind, payload: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        decode(kind, payload)


def test_nothing_larger_than_a_broker_takes_leaves_or_enters() -> None:
    with pytest.raises(WireError, match="65536"):
        encode(Ack(ledger_seq=1, receipts=("x" * 70_000,)))
    with pytest.raises(WireError, match="65536"):
        decode(Ack, b" " * 70_000)


@pytest.mark.parametrize("kind", [State, CallState, Ack, Result])
def test_nesting_without_end_is_refused_like_any_other_junk(kind) -> None:
    with pytest.raises(WireError):
        decode(kind, b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}")

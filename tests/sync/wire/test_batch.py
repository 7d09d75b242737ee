import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.batch import BATCH_BYTES, BATCH_ENTRIES, pack, unpack
from sync.wire.errors import WireError
from sync.wire.messages import MAX_PAYLOAD_BYTES

ENTRY = st.text(max_size=300).map(lambda t: ('{"a":"' + t.encode("unicode_escape").hex() + '"}').encode())


@given(st.lists(ENTRY, max_size=40))
def test_entries_arrive_byte_for_byte(entries: list[bytes]) -> None:
    payload, taken = pack(entries)
    assert taken == len(entries)
    assert unpack(payload) == entries


@given(st.lists(st.integers(min_value=8, max_value=30_000), min_size=1, max_size=80))
def test_batches_cover_all_in_order_and_each_is_within_the_bound(sizes: list[int]) -> None:
    entries = [b'{"a":"' + b"x" * (size - 8) + b'"}' for size in sizes]
    sent: list[bytes] = []
    while len(sent) < len(entries):
        payload, taken = pack(entries[len(sent) :])
        assert taken > 0
        assert len(payload) <= BATCH_BYTES < MAX_PAYLOAD_BYTES
        sent += unpack(payload)
    assert sent == entries


def test_a_batch_has_a_bounded_number_of_entries() -> None:
    assert pack([b"{}"] * 2000)[1] == BATCH_ENTRIES


def test_an_entry_that_no_broker_takes_is_said_and_never_queued() -> None:
    with pytest.raises(WireError, match="cannot be sent"):
        pack([b'{"a":"' + b"x" * BATCH_BYTES + b'"}'])


def test_spaces_and_order_inside_an_entry_survive() -> None:
    odd = b'{ "b" : 1,"a":[1, 2] }'
    assert unpack(b"[" + odd + b"]") == [odd]


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[1]", b"[{}", b'["x"]', b"[{}] x", b"[[]]", b"\xff", b"[" * 60_000]
)
def test_what_is_no_array_of_entries_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        unpack(payload)

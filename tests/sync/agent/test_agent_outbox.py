"""The outbox against a network that loses, repeats and delays: everything arrives, the cursor never lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.agent.errors import RefusedError
from sync.agent.outbox import FIRST_TIMEOUT_S, MOST_TIMEOUT_S, WINDOW, Outbox


def send_all(outbox: Outbox, head: int, batch: int, now: float) -> list[tuple[int, int]]:
    sent = []
    while (first := outbox.next_seq(head)) is not None:
        last = min(head, first + batch - 1)
        outbox.was_sent(last, now)
        sent.append((first, last))
    return sent


def test_batches_go_out_in_order_up_to_the_window() -> None:
    outbox = Outbox(acked=10)
    assert outbox.next_seq(99) is None, "nothing without a connection"
    outbox.connected()
    assert send_all(outbox, 99, 10, 0.0) == [(11, 20), (21, 30), (31, 40), (41, 50)]
    assert outbox.on_ack(20, 99, 1.0)
    assert send_all(outbox, 99, 10, 1.0) == [(51, 60)]


def test_a_new_connection_sends_again_from_the_cursor() -> None:
    outbox = Outbox(acked=0)
    outbox.connected()
    send_all(outbox, 9, 3, 0.0)
    outbox.on_ack(3, 9, 0.0)
    outbox.disconnected()
    assert outbox.next_seq(9) is None
    outbox.connected()
    assert outbox.next_seq(9) == 4


def test_time_outs_grow_and_an_ack_that_moves_the_cursor_resets_them() -> None:
    outbox, now, waits = Outbox(acked=0), 0.0, []
    outbox.connected()
    for _ in range(8):
        send_all(outbox, 1, 1, now)
        began = now
        while not outbox.resend_if_late(now):
            now += 0.5
        waits.append(now - began)
    assert waits[0] == FIRST_TIMEOUT_S
    assert waits == sorted(waits)
    assert waits[-1] == MOST_TIMEOUT_S
    send_all(outbox, 1, 1, now)
    outbox.on_ack(1, 1, now)
    send_all(outbox, 2, 1, now)
    assert outbox.resend_if_late(now + FIRST_TIMEOUT_S)


def test_an_ack_of_what_was_never_written_is_refused_and_moves_nothing() -> None:
    outbox = Outbox(acked=5)
    outbox.connected()
    for seq in (8, -1):
        with pytest.raises(RefusedError, match="acknowledges"):
            outbox.on_ack(seq, 7, 0.0)
    assert (outbox.acked, outbox.next_seq(7)) == (5, 6)


def test_a_vault_that_refuses_an_entry_is_not_asked_in_a_loop() -> None:
    outbox = Outbox(acked=5)
    outbox.connected()
    send_all(outbox, 9, 1, 0.0)
    assert not outbox.on_ack(5, 9, 0.1), "it holds what it held"
    assert outbox.next_seq(9) is None, "sent again at the time-out, not at once"


@given(
    st.lists(
        st.sampled_from(["append", "send", "deliver", "lose", "ack", "cut", "late", "forget"]), max_size=120
    ),
    st.integers(1, 4),
)
def test_whatever_gets_lost_the_vault_ends_with_everything(steps: list[str], batch: int) -> None:
    outbox, head, held, now = Outbox(acked=0), 0, 0, 0.0
    flying: list[tuple[int, int]] = []
    outbox.connected()
    for step in [*steps, "append"]:
        now += 1.0
        if step == "append":
            head += 3
        elif step == "send":
            flying += send_all(outbox, head, batch, now)
            assert len(outbox._window) <= WINDOW
        elif step == "deliver" and flying:
            first, last = flying.pop(0)
            held = max(held, last) if first <= held + 1 else held
        elif step == "lose" and flying:
            flying.pop()
        elif step == "ack":
            outbox.on_ack(held, head, now)
        elif step == "cut":
            flying.clear()
            outbox.disconnected()
            outbox.connected()
        elif step == "late":
            now += MOST_TIMEOUT_S
            outbox.resend_if_late(now)
        elif step == "forget":
            held = held // 2
        assert 0 <= outbox.acked <= outbox.sent <= head
    for _ in range(2 * head + 10):  # from now on all goes well
        now += MOST_TIMEOUT_S
        outbox.resend_if_late(now)
        for first, last in send_all(outbox, head, batch, now):
            held = max(held, last) if first <= held + 1 else held
            outbox.on_ack(held, head, now)
        outbox.on_ack(held, head, now)
        if held == head:
            break
    assert held == head == outbox.acked

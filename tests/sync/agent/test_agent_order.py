from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sync.agent.backoff import FIRST_S, MOST_S, Backoff
from sync.agent.cursor import Cursor, CursorFile
from sync.agent.order import FRESH_S, first
from sync.agent.shelf import Item, Shelf

NOW = 1_000_000.0


def item(seq: int, *, age: float = 0.0, final: bool = True, receipts: tuple[str, ...] = ()) -> Item:
    return Item(seq, Path(f"/{seq}"), 10, final, NOW - age, frozenset(receipts))


def order_of(items: list[Item]) -> list[int]:
    left, found = list(items), []
    while left:
        one = first(left, NOW)
        assert one is not None
        left.remove(one)
        found.append(one.seq)
    return found


def test_running_then_newest_fresh_then_oldest() -> None:
    old = [item(seq, age=FRESH_S + 1) for seq in (1, 2, 3)]
    fresh = [item(seq, age=5) for seq in (4, 5)]
    assert order_of([*old, *fresh, item(6, final=False)]) == [6, 5, 4, 1, 2, 3]
    assert first([], NOW) is None


def test_a_clock_that_was_set_back_leaves_old_calls_at_the_end() -> None:
    assert order_of([item(1, age=-10 * FRESH_S), item(2)]) == [2, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_waits_stay_between_a_second_and_a_minute_and_are_spread(draws: list[float]) -> None:
    source = iter(draws)
    backoff = Backoff(uniform=lambda low, high: low + (high - low) * next(source))
    waits = [backoff.next_s() for _ in draws]
    assert all(FIRST_S <= wait <= MOST_S for wait in waits)
    ceilings = Backoff(uniform=lambda _, high: high)
    assert [ceilings.next_s() for _ in range(8)] == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_backoff_that_was_reset_begins_anew() -> None:
    backoff = Backoff(uniform=lambda _, high: high)
    backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 2


def test_a_cursor_holds_only_for_the_entry_that_it_was_written_for(tmp_path: Path) -> None:
    now = [0.0]
    file = CursorFile(tmp_path / "a.json", now=lambda: now[0])
    assert file.load(lambda _: "x") == Cursor()
    file.save(Cursor(5, "five"))
    assert file.load({5: "five"}.get) == Cursor(5, "five")
    assert file.load({5: "another chain"}.get) == Cursor()
    assert file.load({}.get) == Cursor()
    file.save(Cursor(6, "six"))
    assert file.load({5: "five", 6: "six"}.get).seq == 5, "an SD card does not pay for every ack"
    now[0] = 10.0
    file.save(Cursor(7, "seven"))
    assert file.load({7: "seven"}.get).seq == 7
    (tmp_path / "a.json").write_text("{")
    assert file.load({7: "seven"}.get) == Cursor()


def test_a_shelf_wakes_for_news_only() -> None:
    shelf = Shelf()
    shelf.put(item(1))
    version = shelf.version
    shelf.put(item(1))
    shelf.replace_all([item(1)])
    assert shelf.version == version
    shelf.add_receipt(1, "a")
    assert shelf.version == version + 1
    assert shelf.lacking("a") == []
    assert [one.seq for one in shelf.lacking("b")] == [1]

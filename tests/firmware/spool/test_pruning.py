from hypothesis import given
from hypothesis import strategies as st

from firmware.spool.pruning import FEW, SECONDS_PER_DAY, Kept, plan

NOW = 100 * SECONDS_PER_DAY
OLD, NEW = NOW - 8 * SECONDS_PER_DAY, NOW - SECONDS_PER_DAY


def planned(kept, *, recordings=None, missing_bytes=0):
    return plan(
        kept,
        recordings=len(kept) if recordings is None else recordings,
        receipts_required=2,
        now_s=NOW,
        keep_days=7,
        missing_bytes=missing_bytes,
    )


def seqs(found):
    return [one.seq for one in found.remove]


def test_the_old_ones_go_with_their_receipts_only():
    kept = [Kept(1, 10, OLD, 2), Kept(2, 10, OLD, 1), Kept(3, 10, NEW, 2), Kept(4, 10, OLD, 3)]
    assert seqs(planned(kept)) == [1, 4]


def test_for_room_the_oldest_go_first_until_it_is_enough():
    kept = [Kept(seq, 10, NEW, 2) for seq in (5, 3, 4, 1, 2)]
    assert seqs(planned(kept, recordings=20, missing_bytes=25)) == [1, 2, 3]


def test_for_room_never_more_than_half():
    kept = [Kept(seq, 10, NEW, 2) for seq in range(1, 11)]
    assert seqs(planned(kept, missing_bytes=1000)) == [1, 2, 3, 4, 5]


def test_a_clock_that_jumped_removes_nothing():
    found = planned([Kept(seq, 10, OLD, 2) for seq in range(1, FEW + 2)])
    assert (found.refused, seqs(found)) == (True, [])


def test_a_clock_that_jumped_still_makes_room():
    found = planned([Kept(seq, 10, OLD, 2) for seq in range(1, 41)], missing_bytes=15)
    assert (found.refused, seqs(found)) == (True, [1, 2])


def test_the_last_calls_before_a_holiday_are_no_jumped_clock():
    found = planned([Kept(seq, 10, OLD, 2) for seq in range(1, FEW + 1)])
    assert (found.refused, len(found.remove)) == (False, FEW)


kepts = st.lists(
    st.builds(
        Kept,
        st.integers(1, 500),
        st.integers(1, 1000),
        st.sampled_from([OLD, NEW]),
        st.integers(0, 3),
    ),
    unique_by=lambda one: one.seq,
    max_size=60,
)


@given(kepts, st.integers(0, 40), st.integers(0, 20_000))
def test_whatever_lies_there(kept, more, missing_bytes):
    found = planned(kept, recordings=len(kept) + more, missing_bytes=missing_bytes)
    assert all(one.receipts >= 2 for one in found.remove)
    assert seqs(found) == sorted(set(seqs(found)))
    assert len(found.remove) <= max(FEW, (len(kept) + more) / 2)
    young = [one for one in found.remove if one.delivered_at_s == NEW]
    if young:
        assert sum(one.size for one in found.remove) - young[-1].size < missing_bytes

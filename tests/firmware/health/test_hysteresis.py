from hypothesis import given
from hypothesis import strategies as st

from firmware.health.hysteresis import NS_PER_S, Hysteresis, step
from firmware.health.verdict import Judgement

JUDGEMENTS = st.sampled_from(list(Judgement))
STEPS = st.lists(st.tuples(JUDGEMENTS, st.floats(0, 10)), max_size=60)
HOLDS = st.floats(0, 12)


def play(steps, raise_after_s, clear_after_s):
    """(judgement, now in ns, state after, change) for each step."""
    state, now_ns, told = Hysteresis(), 0, []
    for judgement, seconds in steps:
        now_ns += round(seconds * NS_PER_S)
        state, change = step(
            state, judgement, now_ns, raise_after_s=raise_after_s, clear_after_s=clear_after_s
        )
        told.append((judgement, now_ns, state, change))
    return told


@given(STEPS, HOLDS, HOLDS)
def test_raised_and_cleared_alternate_beginning_with_raised(steps, raise_after_s, clear_after_s):
    changes = [change for *_, change in play(steps, raise_after_s, clear_after_s) if change]
    assert changes == ["raised", "cleared"] * (len(changes) // 2) + ["raised"] * (len(changes) % 2)


@given(STEPS, HOLDS, HOLDS)
def test_only_wrong_raises_and_only_well_clears(steps, raise_after_s, clear_after_s):
    wanted = {"raised": Judgement.WRONG, "cleared": Judgement.WELL}
    for judgement, _, _, change in play(steps, raise_after_s, clear_after_s):
        assert change is None or judgement is wanted[change]


@given(STEPS, HOLDS, HOLDS)
def test_clearing_needs_an_unbroken_spell_of_well(steps, raise_after_s, clear_after_s):
    well_since = None
    for judgement, now_ns, _, change in play(steps, raise_after_s, clear_after_s):
        if judgement is not Judgement.WELL:
            well_since = None
        elif well_since is None:
            well_since = now_ns
        if change == "cleared":
            assert now_ns - well_since >= clear_after_s * NS_PER_S


@given(STEPS, HOLDS, HOLDS)
def test_a_fault_that_lasts_is_raised_whatever_came_before(steps, raise_after_s, clear_after_s):
    lasting = [*steps, (Judgement.WRONG, 1.0), (Judgement.CANNOT_TELL, 1.0), (Judgement.WRONG, 12.0)]
    assert play(lasting, raise_after_s, clear_after_s)[-1][2].raised


@given(STEPS, HOLDS)
def test_silence_of_the_evidence_never_clears(steps, clear_after_s):
    raised = [(Judgement.WRONG, 0.0), *((Judgement.CANNOT_TELL, seconds) for _, seconds in steps)]
    assert play(raised, 0.0, clear_after_s)[-1][2].raised

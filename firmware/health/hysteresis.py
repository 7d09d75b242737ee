"""Hysteresis of one finding: a pure step from verdict to verdict.

Wrong must last `raise_after_s` to raise; well must last `clear_after_s` without a break to clear. When a
check cannot tell, a raised finding stays, and a beginning one goes on waiting: silence is no cure.
"""

from dataclasses import dataclass, replace
from typing import Literal

from firmware.health.verdict import Judgement

Change = Literal["raised", "cleared"]
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """wrong_since_ns, well_since_ns: begin of the running spell, None = no such spell."""

    raised: bool = False
    wrong_since_ns: int | None = None
    well_since_ns: int | None = None


def step(
    state: Hysteresis,
    judgement: Judgement,
    now_ns: int,
    *,
    raise_after_s: float,
    clear_after_s: float,
) -> tuple[Hysteresis, Change | None]:
    if judgement is Judgement.WRONG:
        since = now_ns if state.wrong_since_ns is None else state.wrong_since_ns
        raised = state.raised or now_ns - since >= raise_after_s * NS_PER_S
        return Hysteresis(raised, since, None), "raised" if raised and not state.raised else None
    if judgement is Judgement.WELL:
        since = now_ns if state.well_since_ns is None else state.well_since_ns
        raised = state.raised and now_ns - since < clear_after_s * NS_PER_S
        return Hysteresis(raised, None, since), "cleared" if state.raised and not raised else None
    return replace(state, well_since_ns=None), None

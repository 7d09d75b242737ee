"""The transition table: TRANSITIONS[state][event type] says where that event may lead. Absent means
impossible.

Theory of operation
-------------------
A call is one off-hook session. Only two things bound it: the handset is lifted, and the hook stays down for
`replaced_after_ms`. Everything else, tones, digits, answers, releases, says what happens inside. So a decoder
may be wrong, late or absent without costing a recording.

When the hook goes down it is not yet known whether it is a flash or the end: that is the state
`loop_break`. It ends by OffHook (then the time since decides: ShortBreak or Flash, which the machine makes
of it) or by the deadline "replaced". A short break leads back to where the call was (BACK); a flash to
`held`, from `held` back to `talking`, and where nobody is on the line to dial tone, `dialling`.

Signals, being decoded, may come late; every state takes every one of them. What cannot be is the hook lifted
twice, or a deadline that nobody asked for: there is no rule for it, and the machine raises.
"""

from collections.abc import Mapping
from enum import StrEnum

from firmware.call.events import (
    Answered,
    CallerId,
    DeadlinePassed,
    Digit,
    Event,
    FarEndReleased,
    Flash,
    OffHook,
    OnHook,
    RingBurst,
    SerialRecord,
    ShortBreak,
    SpeechHeard,
    ToneHeard,
)


class State(StrEnum):
    ON_HOOK = "on_hook"
    RINGING = "ringing"
    DIALLING = "dialling"
    CALLING = "calling"
    TALKING = "talking"
    HELD = "held"
    RELEASED = "released"
    LEFT_OFF_HOOK = "left_off_hook"
    LOOP_BREAK = "loop_break"


class Back(StrEnum):
    """Not a state: where the call was before the hook went down."""

    BACK = "back"


BACK = Back.BACK
Target = State | Back
Rule = tuple[Target, ...]
"""Where an event may lead; the first is the usual one, the machine's judgement picks among them."""

S = State

_NOTED = (CallerId, SerialRecord, ToneHeard, Answered, FarEndReleased, SpeechHeard, Digit, Flash)


def _noted(state: State) -> dict[type[Event], Rule]:
    """Signals that this state takes note of and stays."""
    return dict.fromkeys(_NOTED, (state,))


TRANSITIONS: Mapping[State, Mapping[type[Event], Rule]] = {
    S.ON_HOOK: {
        **_noted(S.ON_HOOK),
        OffHook: (S.DIALLING, S.TALKING),
        RingBurst: (S.RINGING,),
        DeadlinePassed: (S.ON_HOOK,),
    },
    S.RINGING: {
        **_noted(S.RINGING),
        RingBurst: (S.RINGING,),
        OffHook: (S.TALKING,),
        DeadlinePassed: (S.ON_HOOK,),
    },
    S.DIALLING: {
        **_noted(S.DIALLING),
        OnHook: (S.LOOP_BREAK,),
        RingBurst: (S.TALKING, S.DIALLING),
        ToneHeard: (S.DIALLING, S.CALLING, S.LEFT_OFF_HOOK),
        SerialRecord: (S.CALLING, S.TALKING, S.DIALLING),
        Answered: (S.TALKING, S.DIALLING),
        FarEndReleased: (S.RELEASED, S.DIALLING),
        DeadlinePassed: (S.CALLING,),
        Flash: (S.DIALLING,),
    },
    S.CALLING: {
        **_noted(S.CALLING),
        OnHook: (S.LOOP_BREAK,),
        RingBurst: (S.CALLING,),
        ToneHeard: (S.CALLING, S.LEFT_OFF_HOOK),
        Answered: (S.TALKING, S.CALLING),
        FarEndReleased: (S.RELEASED, S.CALLING),
        Flash: (S.HELD,),
    },
    S.TALKING: {
        **_noted(S.TALKING),
        OnHook: (S.LOOP_BREAK,),
        RingBurst: (S.TALKING,),
        ToneHeard: (S.TALKING, S.LEFT_OFF_HOOK),
        FarEndReleased: (S.RELEASED, S.TALKING),
        Flash: (S.HELD,),
    },
    S.HELD: {
        **_noted(S.HELD),
        OnHook: (S.LOOP_BREAK,),
        RingBurst: (S.HELD,),
        ToneHeard: (S.HELD, S.LEFT_OFF_HOOK),
        Answered: (S.TALKING, S.HELD),
        FarEndReleased: (S.RELEASED, S.HELD),
        Flash: (S.TALKING,),
    },
    S.RELEASED: {
        **_noted(S.RELEASED),
        OnHook: (S.LOOP_BREAK,),
        RingBurst: (S.RELEASED,),
        ToneHeard: (S.RELEASED, S.LEFT_OFF_HOOK),
        Digit: (S.DIALLING,),
        Answered: (S.TALKING, S.RELEASED),
        Flash: (S.DIALLING,),
        DeadlinePassed: (S.LEFT_OFF_HOOK,),
    },
    S.LEFT_OFF_HOOK: {
        **_noted(S.LEFT_OFF_HOOK),
        OnHook: (S.LOOP_BREAK,),
        RingBurst: (S.LEFT_OFF_HOOK,),
        Digit: (S.DIALLING,),
        Answered: (S.TALKING, S.LEFT_OFF_HOOK),
        Flash: (S.DIALLING,),
    },
    S.LOOP_BREAK: {
        **_noted(S.LOOP_BREAK),
        RingBurst: (S.LOOP_BREAK,),
        ShortBreak: (BACK,),
        Flash: (S.HELD, S.TALKING, S.DIALLING),
        DeadlinePassed: (S.ON_HOOK,),
    },
}

OFF_HOOK_STATES = frozenset(State) - {S.ON_HOOK, S.RINGING}
"""In these a call runs, and is recorded; LOOP_BREAK too, until the hook has been down for good."""

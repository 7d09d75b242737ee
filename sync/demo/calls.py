"""The calls of a demonstration: what the agent, the customer and the exchange do, verb by verb."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.virtual.client import VirtualDesk
from sync.demo.speech import Speech

CUSTOMER_NUMBER = "13800138000"
DIALLED_NUMBER = "02161234567"
RINGS = 2


@dataclass(frozen=True, slots=True)
class Placed:
    """What was done: direction as the agent would say it, and the truth of the handset."""

    name: str
    direction: str
    lifted_at_ns: int
    replaced_at_ns: int

    @property
    def off_hook_s(self) -> float:
        return (self.replaced_at_ns - self.lifted_at_ns) / 1e9


def incoming_answered(line: VirtualDesk, speech: Speech) -> Placed:
    """The customer calls, the agent answers after two rings, the customer hangs up first."""
    line.ring(number=CUSTOMER_NUMBER, name="WANG LI")
    line.wait(RINGS * 5.0 - 3.0)
    lifted = line.lift()
    line.wait(0.8)
    _talk(line, speech, turns=2)
    line.hang_up_far()
    line.wait(1.5)
    return Placed("incoming, answered", "incoming", lifted.at_ns, line.replace().at_ns)


def outgoing_answered(line: VirtualDesk, speech: Speech) -> Placed:
    """The agent dials, the customer answers after the second ringback, the agent hangs up first."""
    lifted = _dial(line)
    line.wait(RINGS * 5.0 - 3.5)
    line.answer()
    line.wait(0.5)
    _talk(line, speech, turns=2)
    return Placed("outgoing, answered", "outgoing", lifted, line.replace().at_ns)


def outgoing_unanswered(line: VirtualDesk, speech: Speech) -> Placed:
    """The agent dials and gives up after two ringbacks."""
    del speech
    lifted = _dial(line)
    line.wait(RINGS * 5.0)
    return Placed("outgoing, unanswered", "outgoing", lifted, line.replace().at_ns)


def outgoing_busy(line: VirtualDesk, speech: Speech) -> Placed:
    """The agent dials a number that is busy."""
    del speech
    line.busy()
    lifted = _dial(line)
    line.wait(4.0)
    return Placed("outgoing, busy", "outgoing", lifted, line.replace().at_ns)


Call = Callable[[VirtualDesk, Speech], Placed]
ONCE: tuple[Call, ...] = (incoming_answered, outgoing_answered, outgoing_unanswered)
EVER: tuple[Call, ...] = (incoming_answered, outgoing_answered, outgoing_unanswered, outgoing_busy)


def _dial(line: VirtualDesk) -> int:
    lifted = line.lift()
    line.wait(1.2)  # hears the dial tone
    line.wait_until(line.dial(DIALLED_NUMBER).end_sample)
    return lifted.at_ns


def _talk(line: VirtualDesk, speech: Speech, turns: int) -> None:
    for _ in range(turns):
        line.say("agent", speech.agent(), wait=True)
        line.wait(0.3)
        line.say("customer", speech.customer(), wait=True)
        line.wait(0.3)

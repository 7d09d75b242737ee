"""Drivers' events → the call machine's. Pure but for the level of the hook that was told last."""

from drivers.hook import HookLifted, HookReplaced
from drivers.line import CallRecord, LineDetail, LineEvent, RingBurst
from firmware.call import events

AGREEING_READINGS = 2  # an edge that has just come may still be on its way through the queue


class Signals:
    """Filters what is told twice: the machine takes only changes of the hook.

    `hook_by_line`: the serial interface is the hook sensor, so its word on flashes counts as well.
    """

    def __init__(self, *, hook_by_line: bool) -> None:
        self.lifted = False
        self._hook_by_line = hook_by_line
        self._contradictions = 0

    def hook(self, event: HookLifted | HookReplaced) -> events.Event | None:
        return self._level(event.at_ns, lifted=isinstance(event, HookLifted))

    def reading(self, at_ns: int, *, lifted: bool | None) -> events.Event | None:
        """The level as read again: an event when it has contradicted what was told for two readings."""
        if lifted is None or lifted == self.lifted:
            self._contradictions = 0
            return None
        self._contradictions += 1
        return self._level(at_ns, lifted=lifted) if self._contradictions >= AGREEING_READINGS else None

    def line(self, event: LineEvent) -> events.Event | None:
        """None: nothing for the machine (voltages are for later work, lost ports for the status)."""
        match event:
            case RingBurst():
                return events.RingBurst(event.at_ns, event.duration_ms)
            case LineDetail(kind="ring"):
                return events.RingBurst(event.at_ns)
            case LineDetail(kind="flash") if self._hook_by_line:
                return events.Flash(event.at_ns)
            case CallRecord():
                return _record(event)
        return None

    def _level(self, at_ns: int, *, lifted: bool) -> events.Event | None:
        if lifted == self.lifted:
            return None
        self.lifted, self._contradictions = lifted, 0
        return events.OffHook(at_ns) if lifted else events.OnHook(at_ns)


def _record(event: CallRecord) -> events.SerialRecord:
    return events.SerialRecord(
        event.at_ns,
        inbound=event.inbound,
        started=event.started,
        seconds=event.seconds,
        rings=event.rings,
        checksum_ok=event.checksum_ok,
        number=event.number,
        name=event.name,
    )

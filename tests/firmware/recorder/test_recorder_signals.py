from drivers.hook import HookLifted, HookReplaced
from drivers.line import CallRecord, LineDetail, LineGarbage, LineVoltage, RingBurst
from firmware.call import events
from firmware.recorder.signals import Signals


def test_only_changes_of_the_hook_get_through():
    signals = Signals(hook_by_line=False)
    assert signals.hook(HookReplaced(1)) is None
    assert signals.hook(HookLifted(2)) == events.OffHook(2)
    assert signals.hook(HookLifted(3)) is None
    assert signals.hook(HookReplaced(4)) == events.OnHook(4)


def test_a_lost_edge_is_found_by_two_readings():
    signals = Signals(hook_by_line=False)
    assert signals.reading(1, lifted=True) is None
    assert signals.reading(2, lifted=True) == events.OffHook(2)
    assert signals.hook(HookLifted(3)) is None
    assert signals.reading(4, lifted=False) is None
    assert signals.hook(HookReplaced(5)) == events.OnHook(5)
    assert signals.reading(6, lifted=False) is None


def test_one_reading_or_none_changes_nothing():
    signals = Signals(hook_by_line=False)
    assert signals.reading(1, lifted=True) is None
    assert signals.reading(2, lifted=None) is None
    assert signals.reading(3, lifted=True) is None
    assert signals.reading(4, lifted=False) is None
    assert signals.reading(5, lifted=True) is None


def test_what_the_line_interface_says():
    signals = Signals(hook_by_line=False)
    assert signals.line(RingBurst(1, 990)) == events.RingBurst(1, 990)
    assert signals.line(LineDetail(2, "ring")) == events.RingBurst(2)
    assert signals.line(LineVoltage(3, 48_000)) is None
    assert signals.line(LineGarbage(4, b"x")) is None
    record = CallRecord(5, 1, True, True, 0, True, 2, "A", "11/22", "08:00", "123", "LI", b"")
    told = signals.line(record)
    assert isinstance(told, events.SerialRecord)
    assert (told.number, told.name, told.inbound, told.rings) == ("123", "LI", True, 2)


def test_its_word_on_flashes_counts_where_it_is_the_hook_sensor():
    assert Signals(hook_by_line=False).line(LineDetail(1, "flash")) is None
    assert Signals(hook_by_line=True).line(LineDetail(1, "flash")) == events.Flash(1)

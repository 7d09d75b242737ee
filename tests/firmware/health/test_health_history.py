import msgspec
from desk_moments import NOW, RECORDER, S

from firmware.health.history import Growth, Handset, Run
from firmware.status import AudioStatus, HookStatus

LIMITS = {"silent_dbfs": -60.0, "zeros_dbfs": -90.0}


def heard(level_dbfs: float, at_s: float, *, off_hook: bool = True):
    return msgspec.structs.replace(
        RECORDER,
        off_hook=off_hook,
        mono_ns=NOW + round(at_s * S),
        audio=AudioStatus(present=True, level_dbfs_x100=round(level_dbfs * 100)),
    )


def test_handset_remembers_the_lift_and_the_last_sound_and_forgets_on_hook():
    handset = Handset().after(heard(-70, 0), **LIMITS)
    assert handset == Handset(lifted_ns=NOW)
    handset = handset.after(heard(-20, 1), **LIMITS).after(heard(-70, 2), **LIMITS)
    assert handset == Handset(lifted_ns=NOW, heard_ns=NOW + S)
    handset = handset.after(heard(-96, 3), **LIMITS).after(heard(-96, 4), **LIMITS)
    assert handset.zeros_since_ns == NOW + 3 * S
    assert handset.after(heard(-70, 5), **LIMITS).zeros_since_ns == 0
    assert handset.after(heard(-20, 6, off_hook=False), **LIMITS) == Handset()


def test_a_handset_that_is_up_while_the_recorder_says_on_hook_is_remembered():
    up = HookStatus(known=True, lifted=True)

    def told(at_s, *, hook=up, off_hook=False):
        return msgspec.structs.replace(RECORDER, hook=hook, off_hook=off_hook, mono_ns=NOW + round(at_s * S))

    handset = Handset().after(told(0), **LIMITS).after(told(1), **LIMITS)
    assert handset == Handset(unheeded_ns=NOW)
    assert handset.after(told(2, off_hook=True), **LIMITS).unheeded_ns == 0
    assert handset.after(told(2, hook=HookStatus(known=True)), **LIMITS) == Handset()
    assert handset.after(told(2, hook=HookStatus(lifted=True)), **LIMITS) == Handset()


def test_growth_is_a_change_of_size_of_the_same_call():
    growth = Growth().after("d/1", 100, 5)
    assert growth.after("d/1", 100, 9) == growth
    assert growth.after("d/1", 101, 9).grown_ns == 9
    assert growth.after("d/1", -1, 9) == growth
    assert growth.after("d/2", 50, 9) == Growth("d/2", 50, 9)


def test_a_restart_is_a_new_begin_without_a_clean_stop():
    second = msgspec.structs.replace(RECORDER, started_mono_ns=NOW)
    first = Run("recorder", 0).after(RECORDER)
    assert first.restarted_ns == 0
    assert first.after(RECORDER).restarted_ns == 0
    assert first.after(second).restarted_ns == NOW


def test_a_clean_stop_removes_the_status_or_says_stopped():
    second = msgspec.structs.replace(RECORDER, started_mono_ns=NOW)
    first = Run("recorder", 0).after(RECORDER)
    assert first.after(None).after(second).restarted_ns == 0
    stopped = msgspec.structs.replace(RECORDER, state="stopped")
    assert first.after(stopped).after(second).restarted_ns == 0
    assert first.after(None).after(second).after(RECORDER).restarted_ns == RECORDER.started_mono_ns

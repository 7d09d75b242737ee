"""Network profiles: all load, and the numbers that a standard fixes are those of the standard."""

import pytest

from config.lines import UnknownLineError, line_names, load_line


@pytest.mark.parametrize("name", line_names())
def test_profiles_are_whole(name: str) -> None:
    line = load_line(name)
    assert len(line.ring.cadence_ms) % 2 == 0
    assert line.hook.bounce_ms < line.hook.flash_min_ms < line.hook.flash_max_ms
    assert line.pulse.break_min_ms < line.pulse.break_max_ms
    assert line.voltages.off_hook_mv < line.voltages.on_hook_mv / 3
    for tone in (line.tones.dial, line.tones.ringback, line.tones.busy, line.tones.congestion):
        assert len(tone.cadence_ms) % 2 == 0
        assert -30 < tone.level_dbm0 < 0


def test_china() -> None:
    cn = load_line("cn")
    assert cn.tones.dial.frequencies_hz == (450,)
    assert cn.tones.busy.cadence_ms == (350, 350)
    assert cn.tones.ringback.cadence_ms == (1000, 4000)
    assert cn.tones.congestion.cadence_ms == (700, 700)
    assert cn.tones.howler.frequencies_hz == (950,)
    assert len(cn.tones.howler.steps_dbm0) == 5
    assert (cn.ring.frequency_hz, cn.ring.cadence_ms) == (25, (1000, 4000))
    assert (cn.caller_id.standard, cn.caller_id.when) == ("bell202", "after_first_ring")


def test_an_unknown_line_names_those_there_are() -> None:
    with pytest.raises(UnknownLineError, match="'xx': must be one of au, cn, de, fr, in, jp, uk, us"):
        load_line("xx")

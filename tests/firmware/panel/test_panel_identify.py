from drivers.clock.system import SystemClock
from firmware.panel.identify import FILE_NAME, IDENTIFY_S, identify_until_ns, request_identify

CLOCK = SystemClock()


def test_a_request_holds_for_its_time(tmp_path):
    before_ns = CLOCK.monotonic_ns()
    request_identify(tmp_path, CLOCK)
    until_ns = identify_until_ns(tmp_path, CLOCK.boot_id)
    assert IDENTIFY_S * 1e9 <= until_ns - before_ns <= IDENTIFY_S * 1e9 + 10e9
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_no_request_another_boots_request_and_rubbish_mean_nothing(tmp_path):
    assert identify_until_ns(tmp_path, CLOCK.boot_id) == 0
    request_identify(tmp_path, CLOCK)
    assert identify_until_ns(tmp_path, "another boot") == 0
    (tmp_path / FILE_NAME).write_text('{"boot": 1}')
    assert identify_until_ns(tmp_path, CLOCK.boot_id) == 0

"""The line itself: what the exchange, the phone and the speakers put on it, heard with other ears."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import signal

sys.path.insert(0, str(Path(__file__).parent))
import hearing

from config.lines import load_line
from drivers.virtual.errors import VerbRefusedError
from drivers.virtual.signals import caller_id


def parameters(message: bytes) -> dict[int, bytes]:
    """An MDMF message, checksum checked."""
    assert sum(message) % 256 == 0
    assert message[1] == len(message) - 3
    found, at = {}, 2
    while at < len(message) - 1:
        found[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return found


@pytest.mark.parametrize("line", ["cn", "us", "uk"])
def test_caller_id_is_sent_where_the_network_sends_it(bench: Callable, line: str) -> None:
    made = bench(line=line)
    made.run(0.5)
    made.act.ring(number="13800138000", name="ZHANG WEI")
    made.run(5)
    (sent,) = made.events("caller_id")
    profile = load_line(line).caller_id
    first_ring = made.events("ring")[0]["sample"]
    assert (sent["sample"] < first_ring) == (profile.when == "before_ring")
    heard = made.sound()[sent["sample"] - 400 : sent["end_sample"] + 400, 0]
    message = hearing.fsk_bytes(heard, profile.standard)
    got = parameters(message)
    assert got[2] == b"13800138000"
    assert got[7] == b"ZHANG WEI"


def test_a_damaged_caller_id_fails_its_checksum_in_the_number(bench: Callable) -> None:
    made = bench()
    made.act.ring(number="13800138000", damaged=True)
    made.run(4)
    (sent,) = made.events("caller_id")
    message = hearing.fsk_bytes(made.sound()[sent["sample"] - 400 : sent["end_sample"] + 400, 0], "bell202")
    assert sum(message) % 256
    assert b"13800138000" not in message
    assert message[1] == len(message) - 3


def test_a_withheld_number_and_a_chinese_name() -> None:
    when = datetime(2026, 5, 20, 14, 32)  # noqa: DTZ001
    cn = load_line("cn").caller_id
    assert caller_id.message(cn, "P", "", when) == bytes.fromhex("800d 0108 3035323031343332 0401 50")
    named = caller_id.message(cn, "02087654321", "张三", when)
    assert "张三".encode("gb2312") in named


def test_dtmf_caller_id_comes_before_the_ring(bench: Callable) -> None:
    made = bench(line="cn")
    made.act.ring(number="13800138000", caller_id="dtmf")
    made.run(6)
    (sent,) = made.events("caller_id")
    assert sent["end_sample"] < made.events("ring")[0]["sample"]
    heard = made.sound()[sent["sample"] : sent["end_sample"], 0]
    assert hearing.dtmf_digits(heard) == "D13800138000C"


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(digits=st.text("0123456789*#ABCD", min_size=1, max_size=16), on_ms=st.integers(60, 120))
def test_dialled_digits_are_heard(bench: Callable, digits: str, on_ms: int) -> None:
    made = bench()
    made.act.lift()
    placed = made.act.dial(digits, on_ms=on_ms, off_ms=60)
    made.run(placed.end_sample / 8000 + 0.5)
    # behind the first digit, which dial tone covers until the exchange has heard it
    first_end = made.events("dtmf")[0]["end_sample"]
    heard = made.sound()[first_end : placed.end_sample + 400, 0]
    assert hearing.dtmf_digits(heard) == digits[1:]


@pytest.mark.parametrize("line", ["cn", "us", "uk"])
def test_dial_tone_ringback_and_busy_are_those_of_the_profile(bench: Callable, line: str) -> None:
    made = bench(line=line)
    tones = load_line(line).tones
    made.act.lift()
    made.run(1.5)
    assert hearing.peaks_hz(made.sound()[-8000:, 0], len(tones.dial.frequencies_hz)) == list(
        tones.dial.frequencies_hz
    )
    made.act.dial("123")
    made.until("ringback")
    begun = made.desk.timeline.head
    made.run(0.4)
    heard = made.sound()[begun + 320 : begun + 2700, 0]
    expected = list(tones.ringback.frequencies_hz)
    assert hearing.peaks_hz(heard, len(expected)) == pytest.approx(expected, abs=4)
    made.act.busy()
    start = made.desk.timeline.head
    made.run(2)
    on_ms, off_ms = tones.busy.cadence_ms[:2]
    sound = made.sound()[start:, 0]
    assert hearing.dbfs(sound[80 : 8 * on_ms - 80]) > -40
    assert hearing.dbfs(sound[8 * on_ms + 80 : 8 * (on_ms + off_ms) - 80]) < -60


def test_speech_stands_where_the_truth_says_for_both_parties(bench: Callable, voice: Callable) -> None:
    made = bench(card_channels=2)
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    made.run(0.2)
    files = {"agent": voice(1), "customer": voice(2)}
    placed = {who: made.say(who, file) for who, file in files.items()}
    made.run(3)
    sound = made.sound()
    for side, (who, file) in enumerate(files.items()):
        spoken = soundfile.read(file)[0]
        at = placed[who]
        assert at.end_sample - at.sample == len(spoken)
        assert hearing.lag(sound[at.sample - 400 : at.end_sample + 400, side], spoken) == 0
        other = sound[at.sample : at.end_sample, 1 - side]
        assert abs(np.corrcoef(other, spoken)[0, 1]) < 0.05


def test_on_two_wires_the_near_voice_is_6_db_louder(bench: Callable, voice: Callable) -> None:
    made = bench(card_channels=1)
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    first = made.say("agent", voice(3))
    made.run(2.5)
    second = made.say("customer", voice(3))
    made.run(2.5)
    sound = made.sound()[:, 0]
    near = hearing.dbfs(sound[first.sample : first.end_sample])
    far = hearing.dbfs(sound[second.sample : second.end_sample])
    assert near - far == pytest.approx(6, abs=0.3)


def test_speech_of_another_rate_is_brought_to_8_khz_in_place(bench: Callable, voice: Callable) -> None:
    made = bench()
    made.run(1)
    made.act.lift()
    file = voice(4, rate_hz=44100)
    placed = made.say("agent", file)
    made.run(3)
    spoken = signal.resample_poly(soundfile.read(file)[0], 80, 441)
    heard = made.sound()[placed.sample - 400 : placed.sample - 400 + len(spoken) + 800, 0]
    assert abs(hearing.lag(heard, spoken)) <= 1


def test_faults_of_the_wires(bench: Callable, voice: Callable) -> None:
    made = bench(card_channels=2)
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    made.run(0.1)
    made.say("agent", voice(5, seconds=20))
    made.say("customer", voice(6, seconds=20))

    def levels(action: Callable, **arguments: object) -> tuple[float, float]:
        action(**arguments)
        start = made.desk.timeline.head
        made.run(1)
        sound = made.sound()[start:]
        return hearing.dbfs(sound[:, 0]), hearing.dbfs(sound[:, 1])

    whole = levels(made.act.restore)
    assert min(whole) > -40
    assert levels(made.act.one_sided, lost="customer")[1] < -60
    made.act.restore()
    assert max(levels(made.act.silence)) < -75
    made.act.restore()
    made.act.hum(level_dbfs=-20.0)
    start = made.desk.timeline.head
    made.run(1)
    assert 50 in hearing.peaks_hz(made.sound()[start:, 0], 2)
    made.act.restore()
    assert max(levels(made.act.cut)) < -75
    made.act.restore()
    assert made.desk.exchange.state == "dial_tone"  # the exchange saw an open loop: the call is lost


def test_gain_moves_the_level_and_clips(bench: Callable) -> None:
    made = bench()
    made.act.lift()
    made.run(1)
    level = hearing.dbfs(made.sound()[-4000:])
    made.act.gain(db=-20.0)
    made.run(0.5)
    assert hearing.dbfs(made.sound()[-3000:]) == pytest.approx(level - 20, abs=0.2)
    made.act.gain(db=30.0)
    made.run(0.5)
    assert (np.abs(made.sound()[-3000:].astype(int)) >= 32767).mean() > 0.5


def test_the_line_is_noisy_but_quiet_when_idle(bench: Callable) -> None:
    made = bench()
    made.run(2)
    assert hearing.dbfs(made.sound()) == pytest.approx(-68, abs=0.5)


def test_ringing_is_heard_quietly_at_25_hz(bench: Callable) -> None:
    made = bench(line="cn")
    made.act.ring()
    made.run(1)
    sound = made.sound()[800:8000, 0]
    assert hearing.peaks_hz(sound, 1)[0] == pytest.approx(25, abs=1)
    assert -50 < hearing.dbfs(sound) < -40


def test_flash_holds_and_transfers(bench: Callable, voice: Callable) -> None:
    made = bench(line="cn")
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    made.run(1)
    made.act.flash()
    made.until("dial_tone")
    made.act.dial("8002")
    made.until("ringback")
    made.act.answer()
    made.run(0.5)
    made.act.replace()
    made.until("idle")
    assert made.events("transferred")
    assert len(made.events("flash")) == 1


def test_a_second_flash_takes_the_first_party_back(bench: Callable) -> None:
    made = bench(line="cn")
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    made.run(1)
    made.act.flash()
    made.until("dial_tone")
    made.run(1)
    made.act.flash()
    made.until("talking")
    assert [e["held"] for e in made.events("held")] == [True, False]


def test_a_break_longer_than_a_flash_ends_the_call_and_a_shorter_one_is_nothing(bench: Callable) -> None:
    made = bench(line="cn")
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    made.run(1)
    made.act.flash(40)
    made.run(1)
    assert made.desk.exchange.state == "talking"
    assert not made.events("flash")
    made.act.flash(900)
    made.run(2)
    assert made.desk.exchange.state == "dial_tone"


def test_a_handset_left_up_hears_busy_and_then_the_howler(bench: Callable) -> None:
    made = bench(line="cn")
    made.act.lift()
    made.until("busy", 20)
    made.until("howler", 45)
    start = made.desk.timeline.head
    made.run(15)
    sound = made.sound()[start:, 0]
    levels = [hearing.dbfs(sound[i * 24000 + 800 : i * 24000 + 20000]) for i in range(5)]
    assert levels == sorted(levels)
    assert hearing.peaks_hz(sound[-8000:], 1) == [950]


def test_colour_ring_replaces_ringback(bench: Callable, voice: Callable) -> None:
    made = bench(line="cn")
    music = voice(7)
    made.settle(made.act.colour_ring(str(music)))
    made.act.lift()
    made.act.dial("12")
    made.until("ringback")
    made.run(3)
    start = made.events("tone")[-1]["sample"]
    spoken = soundfile.read(music)[0]
    assert hearing.lag(made.sound()[start - 400 : start + len(spoken) + 400, 0], spoken) == 0


def test_answer_may_reverse_the_polarity(bench: Callable) -> None:
    made = bench(answer_reversal=True)
    made.act.lift()
    made.act.dial("12")
    made.until("ringback")
    made.act.answer()
    assert made.desk.exchange.millivolts < 0
    made.act.replace()
    made.until("idle")
    assert made.desk.exchange.millivolts > 0


def test_the_american_exchange_breaks_the_current_when_the_far_end_goes(bench: Callable) -> None:
    made = bench(line="us")
    made.act.ring(number="1")
    made.run(1)
    made.act.lift()
    made.run(1)
    made.act.hang_up_far()
    made.run(2)
    one, other = made.events("current_break")
    assert other["sample"] - one["sample"] == 8 * 800


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("replace", {}, "on the cradle already"),
        ("dial", {"digits": "1"}, "lift\\(\\) first"),
        ("answer", {}, "state idle"),
        ("stop_ringing", {}, "state idle"),
        ("hang_up_far", {}, "state idle"),
        ("say", {"who": "agent", "file": "x.wav"}, "nobody hears"),
        ("say", {"who": "customer", "file": "x.wav"}, "no customer"),
        ("flash", {}, "lift\\(\\) first"),
        ("howler", {}, "lifted handset"),
        ("ring", {"caller_id": "smoke"}, "must be one of"),
        ("wait", {"seconds": -1}, "0 to 86400"),
        ("gain", {"db": 100}, "-96 to 60"),
        ("wait_lamp", {"lamp": "blue"}, "green, red, amber"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    bench: Callable, verb: str, arguments: dict, words: str
) -> None:
    made = bench()
    with pytest.raises(VerbRefusedError, match=words):
        getattr(made.act, verb)(**arguments)


def test_speech_that_cannot_be_read_is_refused(bench: Callable, tmp_path: Path) -> None:
    made = bench()
    made.act.lift()
    (tmp_path / "no.wav").write_bytes(b"RIFFnothing")
    for name in ("missing.wav", "no.wav"):
        with pytest.raises(VerbRefusedError, match=name):
            made.say("agent", tmp_path / name)

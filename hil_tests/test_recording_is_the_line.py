"""The opened recording against what was spoken on the line: nothing missing, doubled, shifted or cut off."""

import numpy as np
import pytest
from alignment import RATE_HZ, align, segmental_snr_db
from evidence_of import assert_evidence_whole, last_recording, opened, truth

from drivers.virtual.options import Options
from sync.demo.calls import incoming_answered
from sync.demo.site import Site

PREROLL_S = 2.0


def call_on(site: Site, speech) -> tuple[np.ndarray, np.ndarray, object, int]:
    """One call; (recording, truth, report, lift sample on the truth's timeline)."""
    placed = incoming_answered(site.line, speech)
    site.desk.wait_on_hook()
    site.desk.wait_delivered()
    recorded, report = opened(site, str(last_recording(site).body["call"]))
    lift = (placed.lifted_at_ns - site.line.truth().epoch_ns) * RATE_HZ // 10**9
    return recorded, truth(site), report, int(lift)


def test_opus_call_aligns_with_the_line_from_before_the_lift_to_after_the_hang_up(site, speech):
    recorded, line, report, lift = call_on(site, speech)
    found = align(recorded, line)
    # No lag anywhere: a missing or doubled sample would shift every window behind it. (< 1 ms a minute.)
    assert found.lags.count(0) > len(found.lags) // 2
    assert found.worst_lag_ms < 1.0
    assert found.likeness > 0.95
    assert (report.complete, report.gaps, report.lost_samples, report.ended_by) == (True, 0, 0, "on_hook")
    preroll_s = (lift - found.offset) / RATE_HZ
    assert PREROLL_S - 0.2 <= preroll_s <= PREROLL_S + 0.3
    replaced = [e for e in site.line.events() if e["event"] == "hook" and not e["lifted"]][-1]["sample"]
    assert found.offset + len(recorded) > replaced  # the tail is kept
    assert segmental_snr_db(recorded, line[found.offset :]) > 10.0


def test_both_parties_and_their_first_syllables_are_there(site, speech):
    recorded, line, _, _ = call_on(site, speech)
    offset = align(recorded, line).offset
    placements = [e for e in site.line.events() if e["event"] == "speech" and e["sample"] >= offset]
    assert {e["who"] for e in placements} == {"agent", "customer"}
    for said in placements:
        begin = said["sample"] - offset
        syllable = recorded[begin : begin + RATE_HZ // 2].astype(float)
        spoken = line[said["sample"] : said["sample"] + RATE_HZ // 2].astype(float)
        likeness = np.dot(syllable, spoken) / np.sqrt(np.dot(syllable, syllable) * np.dot(spoken, spoken))
        assert likeness > 0.9, said


@pytest.mark.parametrize("codec", ["flac", "pcm_s16le"])
def test_lossless_codecs_are_bit_exact_to_what_the_driver_delivered(tmp_path, speech, codec):
    with Site(tmp_path, settings={"audio": {"codec": codec}}) as site:
        recorded, line, report, _ = call_on(site, speech)
        offset = align(recorded, line).offset
        assert np.array_equal(recorded, line[offset : offset + len(recorded)])
        assert report.complete
        assert_evidence_whole(site)


def test_stereo_usb_card_keeps_the_agent_left_and_the_far_end_right(tmp_path, speech):
    options = Options(card_rate_hz=48_000, card_channels=2, interface="whozz_calling")
    with Site(tmp_path, line=options) as site:
        recorded, line, report, _ = call_on(site, speech)
        assert recorded.shape[1] == 2
        assert report.complete
        for side in (0, 1):
            found = align(recorded[:, side], line[:, side])
            assert found.worst_lag_ms < 1.0
            assert found.likeness > 0.9

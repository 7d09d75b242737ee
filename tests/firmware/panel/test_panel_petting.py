from firmware.panel.petting import PET_EVERY_NS, Petting

S = 1_000_000_000


def test_fed_every_few_seconds_while_the_recorder_proves_itself():
    petting = Petting().after(not_recording=False, proven=True)
    assert petting.due(0)
    petting = petting.petted(0)
    assert not petting.due(PET_EVERY_NS - 1)
    assert petting.due(PET_EVERY_NS)


def test_not_fed_when_a_recorder_that_worked_stops_recording():
    petting = Petting().after(not_recording=False, proven=True).after(not_recording=True, proven=False)
    assert not petting.due(1000 * S)
    assert petting.after(not_recording=False, proven=False).due(1000 * S)


def test_a_desk_that_never_worked_is_not_rebooted_for_ever():
    assert Petting().after(not_recording=True, proven=False).due(1000 * S)


def test_a_missing_sound_card_is_no_reason_to_reboot():
    petting = Petting().after(not_recording=False, proven=True).after(not_recording=False, proven=False)
    assert petting.due(1000 * S)

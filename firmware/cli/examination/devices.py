"""Sound card, hook sensor, line interface, lamps, board: what the settings choose, and whether it works."""

import math
import threading
from array import array
from collections.abc import Iterator

from config.desk import DeskSettings
from drivers.audio import AudioBlock, AudioEvent, AudioLost
from drivers.errors import DriverError
from drivers.open import open_audio, open_hook, open_lamps
from firmware.cli.choices import Choice, survey
from firmware.cli.examination.item import Item, fail, ok, warn
from firmware.status import PanelStatus, RecorderStatus

LISTEN_S = 1.0
PATIENCE_S = 8.0  # a sound card's process starts, lists devices and opens one
LAMPS_S = 0.6
CLIPPED_DBFS = -1.0
NO_CARD = "Reseat the USB sound card, then compare with: offhook devices"
LINE_SILENT = "Check the cable from the phone line to the sound card, and its gain: offhook levels"


def examine(
    settings: DeskSettings, recorder: RecorderStatus | None, panel: PanelStatus | None
) -> Iterator[Item]:
    """`recorder`, `panel`: their status, only while they live; they hold the devices then."""
    choices = {choice.kind: choice for choice in survey(settings).choices}
    yield _sound(settings, choices["audio"], recorder)
    yield _hook(settings, choices["hook"], recorder)
    yield _chosen(choices["line"], "line interface")
    yield _lamps(settings, choices["lamps"], panel)
    yield _chosen(choices["board"], "board", hard=False)


def _chosen(choice: Choice, name: str, *, hard: bool = True) -> Item:
    if not choice.problem:
        return ok("devices", name, f"{choice.setting}: {choice.takes}")
    make = fail if hard else warn
    return make("devices", name, f"{choice.setting}: not there", choice.problem)


def _sound(settings: DeskSettings, choice: Choice, recorder: RecorderStatus | None) -> Item:
    if recorder is not None:
        audio = recorder.audio
        if not audio.present:
            return fail("devices", "sound card", "the recorder has none", NO_CARD)
        found = f"{audio.device}, held by the recorder, {audio.level_dbfs_x100 / 100:.0f} dBFS"
        return _judge_level(found, audio.level_dbfs_x100 / 100, audio.peak_dbfs_x100 / 100)
    if choice.problem:
        return fail("devices", "sound card", f"{choice.setting}: not there", choice.problem)
    try:
        samples = listen(settings)
    except DriverError as error:
        return fail("devices", "sound card", str(error), NO_CARD)
    level, peak = level_dbfs(samples), peak_dbfs(samples)
    found = f"{choice.takes}, one second heard at {level:.0f} dBFS, peak {peak:.0f} dBFS"
    return _judge_level(found, level, peak)


def _judge_level(found: str, level: float, peak: float) -> Item:
    if level <= -90:
        return warn("devices", "sound card", f"{found}: digital silence", LINE_SILENT)
    if peak >= CLIPPED_DBFS:
        return warn("devices", "sound card", f"{found}: clipped", "Lower the gain: offhook levels")
    return ok("devices", "sound card", found)


def listen(settings: DeskSettings) -> "array[int]":
    """One second of samples. DriverError with the driver's own sentence when none come."""
    samples = array("h")
    enough = threading.Event()
    lost = [""]

    def take(heard: AudioEvent) -> None:
        if isinstance(heard, AudioBlock):
            samples.frombytes(heard.samples)
            if len(samples) >= LISTEN_S * 8000:
                enough.set()
        elif isinstance(heard, AudioLost):
            lost[0] = heard.reason
            enough.set()

    source = open_audio(settings)
    try:
        source.start(take)
        enough.wait(PATIENCE_S)
    finally:
        source.close()
    if not samples:
        raise DriverError(lost[0] or f"the sound card gave nothing for {PATIENCE_S:.0f} s")
    return samples


def level_dbfs(samples: "array[int]") -> float:
    """RMS over full scale; -96 for digital silence."""
    power = sum(sample * sample for sample in samples) / max(len(samples), 1)
    return max(-96.0, 10 * math.log10(power / 32768**2)) if power else -96.0


def peak_dbfs(samples: "array[int]") -> float:
    peak = max((abs(sample) for sample in samples), default=0)
    return 20 * math.log10(peak / 32768) if peak else -96.0


def _hook(settings: DeskSettings, choice: Choice, recorder: RecorderStatus | None) -> Item:
    name = "hook sensor"
    if settings.hook.driver == "disabled":
        return fail("devices", name, "hook.driver is disabled: nothing tells when a call begins",
                    'Set hook.driver to "gpio" or "line"')  # fmt: skip
    if recorder is not None:
        return _lifted(choice, recorder.hook.lifted if recorder.hook.known else None)
    if choice.problem:
        return fail("devices", name, f"{choice.setting}: not there", choice.problem)
    if settings.hook.driver == "line":
        return ok("devices", name, f"{choice.setting}: told by the line interface as it happens")
    sensor = open_hook(settings)
    try:
        sensor.start(lambda _: None)
        return _lifted(choice, sensor.is_lifted())
    except DriverError as error:
        return fail("devices", name, str(error), f"Check gpio.factory and {choice.setting}")
    finally:
        sensor.close()


def _lifted(choice: Choice, lifted: bool | None) -> Item:
    if lifted is None:
        return fail("devices", "hook sensor", "it cannot be read",
                    f"Check the cable of the hook sensor ({choice.setting})")  # fmt: skip
    return ok("devices", "hook sensor", f"{choice.setting}: handset {'up' if lifted else 'down'}")


def _lamps(settings: DeskSettings, choice: Choice, panel: PanelStatus | None) -> Item:
    if settings.lamps.driver == "disabled":
        return warn("devices", "lamps", "disabled: nobody sees whether calls are recorded",
                    'Connect the lamps and set lamps.driver to "gpio"')  # fmt: skip
    if panel is not None:
        for error in panel.errors:
            if error.code == "lamps_missing":
                return fail("devices", "lamps", error.detail, f"Check gpio.factory and {choice.setting}")
        return ok("devices", "lamps", f"{choice.setting}: driven by the panel, situation {panel.situation}")
    if choice.problem:
        return fail("devices", "lamps", f"{choice.setting}: not there", choice.problem)
    lamps = open_lamps(settings)
    try:
        lamps.set(green=1, red=1, amber=1)
        threading.Event().wait(LAMPS_S)  # long enough to be seen
    except DriverError as error:
        return fail("devices", "lamps", str(error), f"Check gpio.factory and {choice.setting}")
    finally:
        lamps.close()
    return ok("devices", "lamps", f"{choice.setting}: all three were lit for {LAMPS_S} s")

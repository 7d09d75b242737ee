"""The checks, one file each; `all_checks` is the only list of them."""

from config.desk import DeskSettings
from firmware.health.checks.audio_missing import AudioMissing
from firmware.health.checks.audio_silent import AudioSilent
from firmware.health.checks.backlog_old import BacklogOld
from firmware.health.checks.disk_full import DiskFull
from firmware.health.checks.disk_low import DiskLow
from firmware.health.checks.keys_missing import KeysMissing
from firmware.health.checks.not_recording import NotRecording
from firmware.health.checks.process_restarted import ProcessRestarted
from firmware.health.checks.vault_unreachable import VaultUnreachable
from firmware.health.verdict import Check


def all_checks(settings: DeskSettings) -> tuple[Check, ...]:
    """Every check with the settings' thresholds, worst first: the order in which findings are shown."""
    health = settings.health
    return (
        NotRecording(health.not_recording_s),
        AudioMissing(health.audio_missing_s),
        AudioSilent(health.audio_silent_s, health.audio_silent_dbfs),
        DiskFull(settings.spool.critical_hours),
        KeysMissing(),
        DiskLow(settings.spool.low_percent),
        VaultUnreachable(health.vault_unreachable_s),
        BacklogOld(health.backlog_old_s),
        ProcessRestarted(health.process_restarted_s),
    )

"""From settings to a ledger that can be written: what must stand before a driver is opened.

A disk that refuses is waited for, for ever and never silently: without a ledger there is no call to name.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from config.desk import DeskSettings
from drivers.clock import Clock
from firmware.evidence.canonical import JsonObject
from firmware.evidence.keys import SigningKey
from firmware.ledger import Ledger, LedgerBlockedError, open_ledger
from firmware.log import event
from firmware.recorder.coverage import Coverage
from firmware.recorder.heartbeat import Heartbeat
from firmware.recorder.past import Past, read_past
from firmware.recorder.recovery import Recoverer, Recovery
from firmware.recorder.troubles import Troubles
from firmware.spool import Spool
from firmware.status import RecorderStatus, StatusError, read_status
from firmware.version import VERSION

log = logging.getLogger(__name__)

WAIT_S = 1.0


class StoppedError(Exception):
    """Told to end before it was ready."""


class Waiting:
    """Tries again each second, with the reason in the status, until it works or the process is told to end.

    `stopped(seconds)`: waits so long for the word to end; True when it came.
    """

    def __init__(
        self,
        *,
        stopped: Callable[[float], bool],
        heartbeat: Heartbeat,
        troubles: Troubles,
        clock: Clock,
        spool: Spool,
    ) -> None:
        self._stopped = stopped
        self._heartbeat = heartbeat
        self._troubles = troubles
        self._clock = clock
        self._spool = spool

    def ledger(self, path: Path, *, desk: str, key: SigningKey | None, seq_known: int) -> Ledger:
        while True:
            try:
                ledger, broken = open_ledger(path, desk=desk, clock=self._clock, key=key, seq_known=seq_known)
            except LedgerBlockedError as error:
                self._wait("ledger_blocked", str(error))
                continue
            self._over("ledger_blocked")
            if broken is not None:
                name = broken.file.name
                event(log, "ledger_set_aside", level=logging.CRITICAL, file=name, seq=broken.last_seq)
                detail = f"the ledger did not verify and is kept as {name}: secure it, it is evidence"
                self._troubles.put("ledger_broken", detail, self._clock.monotonic_ns())
            return ledger

    def append(self, ledger: Ledger, kind: str, body: JsonObject) -> int:
        """The entry's number, once it is durable."""
        while True:
            try:
                entry = ledger.append(kind, body)
            except LedgerBlockedError as error:
                self._wait("ledger_blocked", str(error))
                continue
            self._over("ledger_blocked")
            return entry.seq

    def _wait(self, code: str, detail: str) -> None:
        """Room that was kept back is used first."""
        if self._spool.release_reserve():
            return
        self._troubles.put(code, detail, self._clock.monotonic_ns())
        self._heartbeat.starting()
        if self._stopped(WAIT_S):
            raise StoppedError

    def _over(self, code: str) -> None:
        self._troubles.put(code, "", self._clock.monotonic_ns())


def begin(
    *,
    settings: DeskSettings,
    clock: Clock,
    spool: Spool,
    ledger: Ledger,
    waiting: Waiting,
    coverage: Coverage,
) -> Recovery:
    """Recover what was lost, then say in the ledger that this run begins."""
    today = clock.wall().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    past = _past(ledger, today)

    def append(kind: str, body: JsonObject) -> None:
        waiting.append(ledger, kind, body)

    recovery = Recoverer(
        desk=settings.desk.id,
        boot=clock.boot_id,
        spool=spool,
        past=past,
        append=append,
        last=last_status(spool.layout.run),
    ).run()
    coverage.begin_day(today.date(), past.off_hook_ms_today, past.recorded_ms_today)
    coverage.add(recovery.off_hook_ms, recovery.recorded_ms)
    append("boot", boot_body(settings, clock, past))
    return recovery


def boot_body(settings: DeskSettings, clock: Clock, past: Past) -> JsonObject:
    return {
        "firmware": VERSION,
        "config_sha256": hashlib.sha256(msgspec.json.encode(settings)).hexdigest(),
        "clock_source": clock.quality().source,
        "previous": "clean" if past.clean else "lost",
        "last_seq": past.last_seq,
    }


def last_status(run_dir: Path) -> RecorderStatus | None:
    """What the last recorder said of itself, if it did not end cleanly."""
    try:
        return read_status(run_dir, RecorderStatus)
    except StatusError as error:
        event(log, "old_status_ignored", level=logging.WARNING, reason=str(error))
        return None


def highest_number(spool: Spool, last: RecorderStatus | None) -> int:
    """The largest number that the ledger has given, as far as the spool and the last status tell; else 0.

    An entry is durable before a file or a status names it, so none of them can be ahead of a whole ledger.
    """
    named = [*spool.growing(), *spool.waiting(), *spool.delivered(), *spool.receipted()]
    return max([0, last.ledger_seq if last is not None else 0, *named])


def _past(ledger: Ledger, today: datetime) -> Past:
    with ledger.reader() as reader:
        return read_past(reader, today)

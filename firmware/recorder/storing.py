"""A finished recording on its way from `recording/` to `waiting/`."""

import errno
import logging
from dataclasses import replace

from firmware.capture.progress import Finished
from firmware.log import event
from firmware.recorder.open_call import OpenCall
from firmware.recorder.troubles import Troubles
from firmware.spool import GrowingFile, Spool

log = logging.getLogger(__name__)


class Storing:
    def __init__(self, *, spool: Spool, troubles: Troubles) -> None:
        self._spool = spool
        self._troubles = troubles

    @property
    def reason(self) -> str:
        """Why the disk ended a recording."""
        return "disk_full" if self._spool.full else "disk_error"

    def store(self, call: OpenCall, now_ns: int) -> Finished | None:
        """The recording as it lies in `waiting/`; None: the disk refused, try again.

        One that the disk ended is measured from the disk. Size 0: there is nothing of it, not even a header.
        """
        finished = call.finished
        if finished is None or not isinstance(finished.file, GrowingFile):
            return replace(finished, size=0) if finished is not None else None
        try:
            finished.file.finish()
            stored = self._measured(call, finished) if finished.error else finished
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._spool.release_reserve():
                event(log, "not_stored", level=logging.ERROR, call=call.call, error=error)
            self._troubles.put("disk_error", f"{call.file} cannot be stored: {error.strerror}", now_ns)
            return None
        if not finished.error:
            self._troubles.put("disk_error", "", now_ns)
        return stored

    def _measured(self, call: OpenCall, finished: Finished) -> Finished:
        found = self._spool.measure(call.seq)
        if found is None:
            self._spool.set_broken_aside(call.seq)
            return replace(finished, size=0)
        return replace(
            finished, ended_by=self.reason, size=found.size, frames=found.frames, sha256=found.sha256
        )

"""What the recorder cannot do now, for its status. Raised when it begins, gone when it is over."""

import logging

from firmware.log import event
from firmware.status import ProcessError

log = logging.getLogger(__name__)


class Troubles:
    """Codes as in the table of findings. Every change is logged once; `errors` are for run/recorder.json."""

    def __init__(self) -> None:
        self._raised: dict[str, ProcessError] = {}

    @property
    def errors(self) -> list[ProcessError]:
        """Oldest first."""
        return list(self._raised.values())

    def __contains__(self, code: str) -> bool:
        return code in self._raised

    def put(self, code: str, detail: str, mono_ns: int) -> None:
        """`detail`: a sentence that says what to do; empty: this trouble is over."""
        known = self._raised.get(code)
        if not detail:
            if known is not None:
                del self._raised[code]
                event(log, "trouble_over", code=code)
            return
        since = known.since_mono_ns if known is not None else mono_ns
        self._raised[code] = ProcessError(code=code, detail=detail, since_mono_ns=since)
        if known is None:
            event(log, "trouble", level=logging.ERROR, code=code, detail=detail)

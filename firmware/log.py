"""Logs are events with keys: `level=info event=recording_began call=sh01-d017/12 codec=opus`.

One line an event on stderr, which systemd's journal stamps with the time. No phone number, dialled digit
or person's name ever goes into a log: a key that asks for one is refused, so that the slip shows in a test.
"""

import json
import logging
import re
import sys

FORBIDDEN_KEYS = frozenset({"number", "numbers", "digit", "digits", "caller", "callee", "details", "raw"})
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+\-]+")


class EventFormatter(logging.Formatter):
    """`level=… process=… event=… key=value …`; a value with spaces or quotes is a JSON string."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line = f"level={record.levelname.lower()} process={self._process} {record.getMessage()}"
        if record.exc_info:
            line += f" exception={_quoted(self.formatException(record.exc_info))}"
        return line


def start(process: str, *, level: int = logging.INFO) -> logging.Logger:
    """Send this process's logs to stderr; return its logger. Called once, by the composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EventFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    return logging.getLogger(process)


def event(
    log: logging.Logger,
    name: str,
    *,
    level: int = logging.INFO,
    error: BaseException | None = None,
    **keys: object,
) -> None:
    """Write one event. `error` adds its traceback. ValueError for a key that would carry personal data."""
    leaking = FORBIDDEN_KEYS & keys.keys()
    if leaking:
        raise ValueError(f"log event {name!r}: the key {min(leaking)!r} may carry personal data")
    if log.isEnabledFor(level):
        text = " ".join([f"event={name}", *(f"{key}={_value(value)}" for key, value in keys.items())])
        log.log(level, "%s", text, exc_info=error)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

"""Closing in a written order, each step bounded and logged; one that fails does not stop the others."""

import logging
import threading
import time
from collections.abc import Callable

from firmware.log import event

log = logging.getLogger(__name__)


def close_in_order(*steps: tuple[str, Callable[[], object], float]) -> bool:
    """Run each (name, step, seconds at most); True when all ended well and in time."""
    well = True
    for name, step, timeout_s in steps:
        well = _bounded(name, step, timeout_s) and well
    return well


def _bounded(name: str, step: Callable[[], object], timeout_s: float) -> bool:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            step()
        except Exception as error:
            failed.append(error)

    began = time.monotonic()
    thread = threading.Thread(target=run, name=f"close-{name}", daemon=True)
    thread.start()
    thread.join(timeout_s)
    seconds = time.monotonic() - began
    if thread.is_alive():
        event(log, "close_timed_out", level=logging.ERROR, step=name, seconds=seconds)
        return False
    if failed:
        event(log, "close_failed", level=logging.ERROR, step=name, error=failed[0])
        return False
    event(log, "closed", level=logging.DEBUG, step=name, seconds=seconds)
    return True

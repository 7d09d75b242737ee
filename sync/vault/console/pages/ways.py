"""Small things that several pages need: where to go next, which call is meant."""

from firmware.evidence.errors import FormatError
from firmware.evidence.ids import CallId, call_id, parse_call
from sync.vault.catalogue import calls
from sync.vault.catalogue.calls import Call
from sync.vault.errors import Refused
from sync.vault.services import Services


def local(path: str) -> str:
    """A path of this console, "/" for anything that could lead elsewhere."""
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if good else "/"


def which(desk: str, seq: int) -> CallId:
    """From a path; Refused (404) for what cannot be a call."""
    try:
        return parse_call(call_id(desk, seq))
    except FormatError as error:
        raise Refused(404, "there is no such call") from error


def find(services: Services, desk: str, seq: int) -> Call:
    found = calls.call(services.catalogue.reader, which(desk, seq))
    if found is None:
        raise Refused(404, f"{desk}/{seq}: there is no such call")
    return found

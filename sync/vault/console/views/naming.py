"""Names of exported files: `{date}_{time}_{agent}_{number}`, by the reader's clock."""

import re

from sync.vault.catalogue.calls import Call
from sync.vault.console.moments import Zone

TEMPLATE = "{date}_{time}_{agent}_{number}"
_UNSAFE = re.compile(r"[^\w+*#-]+")


def file_name(call: Call, zone: Zone, template: str = TEMPLATE) -> str:
    """Without ending. What is not known is said: the desk stands for the agent, "unknown" for a number."""
    local = zone.local(call.started_at or call.off_hook_at)
    parts = {
        "date": f"{local:%Y%m%d}",
        "time": f"{local:%H%M%S}" + ("Z" if zone.name == "UTC" else ""),
        "agent": _safe(call.agent) or call.desk,
        "number": _safe(call.number) or "unknown",
        "desk": call.desk,
        "seq": str(call.seq),
    }
    return template.format_map(parts)


def _safe(text: str) -> str:
    """Letters, digits and what telephone numbers have; `*` and `#` are no friends of file systems."""
    return _UNSAFE.sub("-", text).replace("*", "s").replace("#", "h").strip("-")[:64]

"""MQTT topics: `offhook/v1/<site>/<desk_id>/<leaf>` (formats.md, section 4).

Site and desk id are one lower-case word each, so a topic can hold neither a wildcard nor a further level.
"""

import re
from dataclasses import dataclass

from sync.wire.errors import WireError

ROOT = "offhook/v1"
QOS = 1
FROM_DESK = ("state", "health", "call", "ledger", "result")  # written by a desk, below its own id only
TO_DESK = ("ack", "command")  # written by a vault, read by that desk only
RETAINED = frozenset({"state", "health"})
MAX_WORD = 32  # characters, of desk id and of site

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _word(what: str, text: str) -> str:
    if len(text) > MAX_WORD or _WORD.fullmatch(text) is None:
        raise WireError(
            f"{what} {text[:40]!r}: must be lower-case words joined by '-', at most {MAX_WORD} characters"
        )
    return text


@dataclass(frozen=True, slots=True)
class Topics:
    """The seven topics of one desk."""

    site: str
    desk: str

    def __post_init__(self) -> None:
        _word("site", self.site)
        _word("desk id", self.desk)

    def of(self, leaf: str) -> str:
        """The topic of one leaf out of FROM_DESK or TO_DESK."""
        if leaf not in FROM_DESK and leaf not in TO_DESK:
            raise WireError(f"topic leaf {leaf!r}: must be one of {', '.join(FROM_DESK + TO_DESK)}")
        return f"{ROOT}/{self.site}/{self.desk}/{leaf}"

    @property
    def state(self) -> str:
        return self.of("state")

    @property
    def health(self) -> str:
        return self.of("health")

    @property
    def call(self) -> str:
        return self.of("call")

    @property
    def ledger(self) -> str:
        return self.of("ledger")

    @property
    def ack(self) -> str:
        return self.of("ack")

    @property
    def command(self) -> str:
        return self.of("command")

    @property
    def result(self) -> str:
        return self.of("result")


def parse_topic(topic: str) -> tuple[Topics, str]:
    """(Topics, leaf) of a full topic; WireError when it is none of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT:
        raise WireError(f"topic {topic[:120]!r}: must be {ROOT}/<site>/<desk_id>/<leaf>")
    topics = Topics(site=parts[2], desk=parts[3])
    topics.of(parts[4])
    return topics, parts[4]


def vault_subscriptions() -> tuple[str, ...]:
    """What a vault subscribes to, with QOS: every desk of every site."""
    return tuple(f"{ROOT}/+/+/{leaf}" for leaf in FROM_DESK)

"""The proof in a few words: proven is not yet whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.vault.catalogue.calls import Call
from sync.vault.console.views.calls import ENDED_WELL
from sync.vault.console.views.proof import Verdict


@dataclass(frozen=True, slots=True)
class Headline:
    """`said` is a key of texts (proof.*), filled with `values`; `colour` as that of a verdict."""

    said: str
    colour: Verdict
    values: Mapping[str, object] = field(default_factory=dict)


def headline(call: Call, verdict: Verdict) -> Headline:
    """What does not verify comes first, then the worst of what verifiably is missing."""
    if verdict != "good":
        return Headline(verdict, verdict)
    if not call.heard_ms:
        return Headline("nothing", "bad")
    if call.ended_by not in ENDED_WELL:
        return Headline("interrupted", "open")
    if call.gaps or call.lost_samples:
        return Headline("lost", "open", {"seconds": f"{call.lost_ms / 1000:.2f}"})
    if call.not_recorded_s:
        return Headline("missing", "open", {"seconds": call.not_recorded_s})
    return Headline("good", "good")

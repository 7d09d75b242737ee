"""The table as a Mermaid diagram, for README.md. Signals that lead nowhere else are left out of the picture.

python -m firmware.call.diagram          # writes README.md anew
"""

from collections import defaultdict
from pathlib import Path

from firmware.call.table import TRANSITIONS

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- diagram: begin -->\n", "<!-- diagram: end -->\n"


def diagram() -> str:
    """A fenced Mermaid state diagram: one arrow for each pair of states, its events in the order of the
    table.
    """
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for state, rules in TRANSITIONS.items():
        for event, targets in rules.items():
            for target in targets:
                if target is not state:
                    arrows[state, target].append(event.__name__)
    lines = [f"    {old} --> {new}: {', '.join(names)}" for (old, new), names in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> on_hook", *lines, "```", ""])


def renewed(text: str) -> str:
    """`text` with the diagram between its marks made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("README.md has lost the marks around its diagram")
    return before + BEGIN + diagram() + END + after


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))

"""The README's table, made from situations.py: `python -m firmware.panel.readme` writes it."""

from pathlib import Path

from firmware.panel.patterns import PATTERNS
from firmware.panel.situations import TABLE

README = Path(__file__).with_name("README.md")
BEGIN = "<!-- made by `python -m firmware.panel.readme` from situations.py and patterns.py -->"
END = "<!-- end -->"


def tables() -> str:
    """Both tables as Markdown."""
    rows = ["| # | situation | green READY | red RECORDING | amber FAULT |", "|---|---|---|---|---|"]
    rows += [
        f"| {row.number} | {row.title} | {row.green.text} | {row.red.text} | {row.amber.text} |"
        for row in TABLE
    ]
    rows += ["", "| pattern | light (ms) |", "|---|---|"]
    for pattern in PATTERNS.values():
        steps = "constant"
        if len(pattern.steps) > 1:
            steps = ", ".join(f"{'on' if level else 'off'} {ms}" for level, ms in pattern.steps)
            steps += ", and again" if pattern.repeats else ", then off"
        rows.append(f"| `{pattern.name}` | {steps} |")
    return "\n".join(rows)


def with_tables(text: str) -> str:
    """`text` with the part between the marks made anew. ValueError if a mark is missing."""
    head, _, rest = text.partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        raise ValueError("README.md has lost its marks")
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{tail}"


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")

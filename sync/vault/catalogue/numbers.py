"""Search by telephone number, from its beginning or its end, each on an index."""

import sqlite3

from firmware.evidence.canonical import JsonObject
from firmware.evidence.ids import CallId

_KEPT = frozenset("0123456789*#+")
_AFTER = "\x7f"  # sorts behind every character that a number has


def normal(number: str) -> str:
    """Digits, *, # and + alone."""
    return "".join(c for c in number if c in _KEPT)


def numbers_of(details: JsonObject) -> list[str]:
    """`digits` of each of the details' `numbers`, those that came damaged from the line left out."""
    numbers = details.get("numbers")
    found = []
    for number in numbers if isinstance(numbers, list) else []:
        if isinstance(number, dict) and not number.get("damaged"):
            digits = number.get("digits")
            found.append(normal(digits) if isinstance(digits, str) else "")
    return list(dict.fromkeys(filter(None, found)))


def add_numbers(db: sqlite3.Connection, call: CallId, numbers: list[str]) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO call_numbers (number, reversed, desk, seq) VALUES (?, ?, ?, ?)",
        [(number, number[::-1], *call) for number in numbers],
    )


def number_clause(asked: str) -> tuple[str, tuple[str, ...]]:
    """SQL condition on `c.desk, c.seq` and its values: "138*" begins, "*5678" ends, "5678" either."""
    begins, ends = asked.endswith("*"), asked.startswith("*")
    text = normal(asked.strip("*"))
    parts, values = [], []
    if begins or not ends:
        parts.append("SELECT desk, seq FROM call_numbers WHERE number >= ? AND number < ?")
        values += [text, text + _AFTER]
    if ends or not begins:
        parts.append("SELECT desk, seq FROM call_numbers WHERE reversed >= ? AND reversed < ?")
        values += [text[::-1], text[::-1] + _AFTER]
    return f"(c.desk, c.seq) IN ({' UNION '.join(parts)})", tuple(values)

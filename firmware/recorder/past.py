"""What the ledger tells about the recorder's runs before this one."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from firmware.evidence.entry import Entry
from firmware.evidence.fields import count, text
from firmware.evidence.ids import parse_call
from firmware.evidence.times import parse_utc
from firmware.ledger import LedgerReader
from firmware.recorder.lapse import Told

MAX_ENTRIES = 2000  # of calls, read backwards: only the last ones can be unaccounted for


@dataclass(slots=True)
class Past:
    """`off_hooks`: entries without `recording` or `not_recorded`, by seq. `entered`: seqs of recordings that
    have their entry, complete from `oldest_seq` on. `on_hooks`: entries of calls whose handset went down, by
    seq. `last_lift`: the newest off_hook entry, `last_told`: its call's `recording` and `not_recorded`.
    """

    clean: bool = True
    last_seq: int = 0
    last_checkpoint: datetime | None = None
    off_hook_ms_today: int = 0
    recorded_ms_today: int = 0
    off_hooks: dict[int, Entry] = field(default_factory=dict)
    entered: set[int] = field(default_factory=set)
    on_hooks: dict[int, Entry] = field(default_factory=dict)
    oldest_seq: int = 0
    last_lift: Entry | None = None
    last_told: list[Told] = field(default_factory=list)


def read_past(reader: LedgerReader, today: datetime) -> Past:
    """`today`: its first moment, UTC."""
    past = Past(last_seq=reader.last_seq())
    last_run = next((Entry.parse(raw) for raw in reader.backwards("boot", "shutdown")), None)
    past.clean = last_run is None or last_run.kind == "shutdown"
    _read_checkpoints(reader, past, today)
    _read_calls(reader, past)
    return past


def _read_checkpoints(reader: LedgerReader, past: Past, today: datetime) -> None:
    for raw in reader.backwards("checkpoint"):
        entry = Entry.parse(raw)
        at = parse_utc(entry.at)
        past.last_checkpoint = past.last_checkpoint or at
        if at < today:
            return
        past.off_hook_ms_today += count(entry.body["off_hook_ms"])
        past.recorded_ms_today += count(entry.body["recorded_ms"])


def _read_calls(reader: LedgerReader, past: Past) -> None:
    """Newest first, so a call's end is seen before its beginning."""
    told: set[int] = set()
    behind: list[Entry] = []  # of the calls told of since the newest off_hook entry
    kinds = ("off_hook", "on_hook", "recording", "not_recorded")
    for raw in islice(reader.backwards(*kinds), MAX_ENTRIES):
        entry = Entry.parse(raw)
        past.oldest_seq = entry.seq
        if entry.kind == "off_hook":
            if past.last_lift is None:
                past.last_lift = entry
                past.last_told = [(one.kind, one.body) for one in behind if _about(one) == entry.seq]
            if entry.seq not in told:
                past.off_hooks[entry.seq] = entry
            continue
        seq = _about(entry)
        if entry.kind == "on_hook":
            past.on_hooks[seq] = entry
            continue
        told.add(seq)
        if past.last_lift is None:
            behind.append(entry)
        if entry.kind == "recording":
            past.entered.add(seq)


def _about(entry: Entry) -> int:
    return parse_call(text(entry.body["call"])).seq

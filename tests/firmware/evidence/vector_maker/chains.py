"""Chains of entries."""

import base64
from datetime import timedelta

from common import DESK, START
from entries import bodies, entry

from firmware.evidence.chain import sign_checkpoint
from firmware.evidence.entry import FIRST_PREV
from firmware.evidence.times import format_utc


class Chain:
    """Builds entries that hang together."""

    def __init__(self, keys, desk=DESK):
        self.keys, self.desk, self.entries = keys, desk, []

    @property
    def head(self):
        return self.entries[-1].hash if self.entries else FIRST_PREV

    def add(self, kind, body, **more):
        seq = more.pop("seq", len(self.entries) + 1)
        prev = more.pop("prev", self.head)
        self.entries.append(entry(seq, kind, body, prev, desk=self.desk, **more))
        return self

    def checkpoint(self, key=None, head=None, seq=None):
        seq = seq or len(self.entries) + 1
        at = format_utc(START + timedelta(seconds=seq))
        signature = sign_checkpoint(key or self.keys.desk, self.desk, seq, head or self.head, at)
        body = {
            "head": head or self.head,
            "off_hook_ms": 0,
            "quiet": False,
            "recorded_ms": 0,
            "sig": signature,
        }
        return self.add("checkpoint", body, seq=seq)

    def raw(self):
        return [item.raw for item in self.entries]


def day(keys, **options):
    """An ordinary day: enrolled, boot, a call, shut down."""
    body = bodies(keys)
    chain = Chain(keys, **options)
    chain.add("enrolled", body["enrolled"]).add("boot", body["boot"]).checkpoint()
    chain.add("off_hook", {}).add("on_hook", {"call": f"{chain.desk}/4"})
    chain.add("recording", {**body["recording"], "call": f"{chain.desk}/4"}).checkpoint()
    return chain.add("shutdown", body["shutdown"]).checkpoint()


def chains(keys):
    rows = []

    def add(name, raw, outcome, why, rule="", seq=0, key="desk"):
        row = {"name": name, "key": key, "entries": [base64.b64encode(data).decode() for data in raw]}
        rows.append({**row, "outcome": outcome, "rule": rule, "seq": seq, "why": why})

    ordinary = day(keys)
    raw = ordinary.raw()
    add("good", raw, "whole", "a day")
    add("cut_short", raw[:5], "whole", "ends early: nothing in it tells")
    add("left_out", raw[:3] + raw[4:], "broken", "entry 4 left out", "seq", 5)
    add("left_out_first", raw[1:], "broken", "entry 1 left out", "seq", 2)
    add("swapped", [*raw[:3], raw[4], raw[3], *raw[5:]], "broken", "entries 4 and 5 swapped", "seq", 5)
    add("doubled", raw[:4] + raw[3:], "broken", "entry 4 twice", "seq", 4)
    changed = raw[5].replace(b'"samples":9600', b'"samples":9601')
    add("changed", [*raw[:5], changed, *raw[6:]], "broken", "a number in entry 6 changed", "prev", 7)
    add("not_canonical", [*raw[:5], raw[5] + b" ", *raw[6:]], "broken", "a space behind entry 6", "entry", 6)
    add("other_key", raw, "broken", "enrolled with another key than the desk is known by", "key", 1, "vault")
    add(
        "forged_checkpoint",
        Chain(keys).add("off_hook", {}).checkpoint(keys.vault).raw(),
        "broken",
        "sig",
        "sig",
        2,
    )
    wrong = Chain(keys).add("off_hook", {}).checkpoint(head="1" * 64).raw()
    add("checkpoint_of_other_head", wrong, "broken", "head is not prev", "head", 2)
    add(
        "clock_back",
        Chain(keys).add("off_hook", {}).add("flash", {}, mono_ns=1).raw(),
        "broken",
        "mono",
        "mono",
        2,
    )
    desk = day(keys).entries[:3]
    stranger = entry(4, "off_hook", {}, desk[-1].hash, desk="sh01-d018")
    add(
        "other_desk",
        [*(item.raw for item in desk), stranger.raw],
        "broken",
        "an entry of another desk",
        "desk",
        4,
    )
    twice = day(keys)
    twice.add("enrolled", {**bodies(keys)["enrolled"], "public_key": keys.vault.public.base64})
    add("enrolled_again", twice.raw(), "broken", "another key enrolled later", "key", 10)
    finding = {**bodies(keys)["finding"], "broken_head": ordinary.head}
    new = Chain(keys)
    new.add("finding", finding, seq=10, prev=FIRST_PREV).checkpoint(seq=11)
    add("new_chain", new.raw(), "whole", "begins anew, says which chain it replaces")
    add("new_chain_follows", raw + new.raw(), "whole", "the old one and the new one")
    add("new_chain_after_hole", raw[:8] + new.raw(), "broken", "entry 9 is missing before it", "restart", 10)
    sneaked = Chain(keys).add("off_hook", {}, seq=10, prev=FIRST_PREV).raw()
    add("new_chain_unsaid", raw + sneaked, "broken", "begins anew without a word", "prev", 10)
    return rows

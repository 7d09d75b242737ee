"""Writes firmware/evidence/vectors: good and tampered examples with the outcome each must have.

    python tests/firmware/evidence/vector_maker

Sealing is randomised, so every run writes other bytes; run it only when the format changes. Keys that are
there are kept. A tampered vector breaks one rule and is right in everything else, sealed or signed properly
where the rule lies inside.
"""

import json

from chains import chains
from common import VECTORS, Keys
from entries import entries
from recordings import Recordings
from signed import receipts, tokens


def main():
    keys = Keys()
    index = {
        "format": "offhook evidence vectors, version 1",
        "public_keys": keys.public(),
        "recordings": Recordings(keys).write(),
        "entries": entries(keys),
        "chains": chains(keys),
        "receipts": receipts(keys),
        "tokens": tokens(keys),
    }
    text = json.dumps(index, indent=1, ensure_ascii=False) + "\n"
    (VECTORS / "index.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

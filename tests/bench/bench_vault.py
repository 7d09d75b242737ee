"""One real vault (HTTPS, Mosquitto, SQLite, fdatasync) and one desk: uploads, ledger, receipts.

.venv/bin/python -P tests/bench/bench_vault.py --json
"""

import argparse
import hashlib
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("vault_rig", HERE.parent / "sync" / "vault" / "conftest.py")
assert spec is not None
assert spec.loader is not None
rig = importlib.util.module_from_spec(spec)
sys.modules["vault_rig"] = rig
spec.loader.exec_module(rig)

PIECE = 256 * 1024  # what our desk sends at most
UPLOAD_BYTES = 64 * 1024 * 1024
ENTRIES = 20_000
RECEIPTS = 100


def cpu(vault):
    times = psutil.Process(vault.processes["vault"].pid).cpu_times()
    return times.user + times.system


def figure(name, value, unit, **more):
    return {"name": name, "value": value, "unit": unit, **more}


def bare_loop(folder, data):
    """MB/s of the same pieces written with sha256 and fdatasync, with no network and no vault."""
    began = time.perf_counter()
    running, descriptor = hashlib.sha256(), os.open(folder / "bare", os.O_WRONLY | os.O_CREAT)
    for at in range(0, len(data), PIECE):
        piece = data[at : at + PIECE]
        running.update(piece)
        os.pwrite(descriptor, piece, at)
        os.fdatasync(descriptor)
    os.close(descriptor)
    return len(data) / 1e6 / (time.perf_counter() - began)


def uploads(vault, desk, folder):
    desk.append("off_hook")
    data, _, _ = desk.record(UPLOAD_BYTES // 60_000, packet=1200)
    data = data[: len(data) // PIECE * PIECE]
    desk.create(1)
    token, began, before = desk.token(), time.perf_counter(), cpu(vault)
    for at in range(0, len(data), PIECE):
        answer = desk.patch(1, at, data[at : at + PIECE], Authorization=f"Bearer {token}")
        assert answer.status == 204, answer.data
    seconds, used, size = time.perf_counter() - began, cpu(vault) - before, len(data) / 1e6
    peer = {"name": "bare loop of sha256, pwrite, fdatasync", "value": round(bare_loop(folder, data), 1)}
    return [
        figure(
            "vault: PATCH of 256 KiB over TLS, one connection", round(size / seconds, 1), "MB/s", peer=peer
        ),
        figure("vault: CPU of uploads", round(used / size * 1000, 2), "ms/MB"),
    ]


def ledger(vault, desk):
    for _ in range(ENTRIES):
        desk.append("flash")
    began, before = time.perf_counter(), cpu(vault)
    desk.send()
    desk.ack(len(desk.entries), 120)
    seconds, used = time.perf_counter() - began, cpu(vault) - before
    return [
        figure("vault: ledger entries verified and stored", round(ENTRIES / seconds), "1/s"),
        figure("vault: CPU of a ledger entry", round(used / ENTRIES * 1e6), "µs"),
    ]


def receipts(desk):
    """From the last PATCH to the receipt in hand, ledger entries sent just before it, as a desk does."""
    took = []
    for _ in range(RECEIPTS):
        known = len(desk.entries)
        seq, data = desk.call(seconds=3)
        desk.create(seq)
        desk.patch(seq, 0, data[:-1000])
        began = time.perf_counter()
        desk.send(desk.entries[known:])
        desk.patch(seq, len(data) - 1000, data[-1000:], Upload_Length=str(len(data)))
        desk.receipt()
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return [
        figure("vault: end of call to receipt, p50", round(statistics.median(took), 1), "ms"),
        figure(
            "vault: end of call to receipt, p95", round(took[int(len(took) * 0.95)], 1), "ms", target="1000"
        ),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as folder:
        vault = rig.VaultUnderTest(Path(folder) / "a")
        vault.start_broker()
        vault.start()
        try:
            desks = [
                rig.DeskUnderTest(vault, f"bench-{n}", Path(folder) / str(n)).connect() for n in range(3)
            ]
            figures = uploads(vault, desks[0], Path(folder)) + ledger(vault, desks[1]) + receipts(desks[2])
            memory = psutil.Process(vault.processes["vault"].pid).memory_info().rss / 2**20
            figures.append(figure("vault: RSS after these", round(memory), "MiB"))
            for desk in desks:
                desk.close()
        finally:
            vault.close()
    if as_json:
        print(json.dumps({"figures": figures}))
    else:
        for one in figures:
            print(f"{one['name']}: {one['value']} {one['unit']}")


if __name__ == "__main__":
    main()

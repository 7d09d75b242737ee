"""The verifier on a desk's folder, as it is and tampered in every way that it should notice."""

import inspect
import os
import re
import shutil
import sqlite3
import string

import pytest

from firmware.evidence import case, judging
from firmware.evidence.facts import Bundle, ReceiptFacts
from firmware.evidence.gather import Keys, find, gather
from firmware.evidence.keys import ArchivePrivateKey, SigningKey
from firmware.evidence.receipt import Receipt
from firmware.evidence.texts import FINDINGS, LANGUAGES, WORDS, sentence
from firmware.evidence.verify import Severity, judge


def check(*paths, **keys):
    return judge(gather(find(paths), Keys(**keys)))


def codes(rows, severity=None):
    return {
        finding.code
        for row in rows
        for finding in row.findings
        if severity is None or finding.severity is severity
    }


def wrongs(rows):
    return codes(rows, Severity.WRONG)


@pytest.fixture
def keys(desk, archive_key):
    return {"archive": archive_key, "desks": (desk.key.public,)}


@pytest.fixture
def whole(desk):
    desk.checkpoint()
    desk.call()
    desk.call(gap=400)
    desk.checkpoint()
    return desk.write()


def test_a_desk_as_it_should_be(whole, keys):
    rows = check(whole.root, **keys)
    assert wrongs(rows) == set()
    assert codes(rows, Severity.NOTICE) == {"gaps"}
    assert [row.what for row in rows] == ["ledger", "recording", "recording"] + ["receipt"] * 4
    assert {row.whole for row in rows} == {"yes"}
    assert [row.signed_by for row in rows[1:3]] == [("sh01-d017", "a", "b")] * 2
    ledger = rows[0]
    assert (ledger.subject, ledger.signed_by) == ("sh01-d017", (whole.key.public.key_id,))
    assert ledger.sha256 == whole.entries[-1].hash


def test_without_keys_less_is_said_and_nothing_more(whole):
    rows = check(whole.root)
    assert wrongs(rows) == set()
    unconfirmed = {"ledger_signed_itself", "signers_unconfirmed", "receipt_signed_enrolled"}
    assert codes(rows, Severity.UNCONFIRMED) == unconfirmed
    assert {row.whole for row in rows} == {"yes"}
    assert {row.verdict for row in rows} == {Severity.UNCONFIRMED}


def test_one_key_from_outside_confirms_the_rest(whole, vault_key):
    by_vault = check(whole.root, vaults={"a": vault_key.public})
    assert codes(by_vault, Severity.NOTICE) >= {"not_opened"}
    assert {row.verdict for row in by_vault if row.what == "recording"} == {Severity.NOTICE}
    by_desk = check(whole.root, desks=(whole.key.public,))
    assert {row.verdict for row in by_desk if row.what != "recording"} == {Severity.GOOD}
    assert codes(by_desk, Severity.NOTICE) == {"not_opened"}


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_can_be_said(whole, keys):
    """In both languages, with the values that the findings bring."""
    for row in check(whole.root, **keys):
        for finding in row.findings:
            for language in LANGUAGES:
                assert "{" not in sentence(finding.code, finding.values, language)
    for english, chinese in [*FINDINGS.values(), *WORDS.values()]:
        assert english.strip()
        assert chinese.strip()
        assert placeholders(english) == placeholders(chinese)


def test_every_code_has_its_sentence_and_every_sentence_is_said():
    source = inspect.getsource(judging) + inspect.getsource(case)
    said = set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', source)) | {
        "gaps",
        "torn",
        "opened",
        "interrupted",
        "unaccounted",
        "incomplete",
    }
    assert set(FINDINGS) <= said
    called = re.findall(r'(?:good|notice|unconfirmed|wrong|told)\(\s*"([a-z_]+)"', source)
    assert set(called) <= set(FINDINGS)
    assert len(called) > 30


def flip(path, at=-1):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_changed_recording(whole, keys):
    path = whole.root / "spool" / "delivered" / "000000000003.ohr"
    flip(path, 3000)
    rows = check(whole.root, **keys)
    bad = [row for row in rows if row.verdict is Severity.WRONG]
    assert [row.path for row in bad] == [str(path)]
    assert wrongs(rows) == {"ledger_differs", "receipt_differs", "contents_wrong"}
    assert (bad[0].whole, bad[0].signed_by) == ("no", ())
    without = check(whole.root)
    assert wrongs(without) == {"ledger_differs", "receipt_differs"}


def test_a_recording_cut_short(whole, keys):
    path = whole.root / "spool" / "delivered" / "000000000003.ohr"
    path.write_bytes(path.read_bytes()[:-10])
    rows = check(path)
    assert wrongs(rows) == set()
    assert codes(rows, Severity.NOTICE) == {"torn", "not_opened"}
    assert codes(rows, Severity.NOT_CHECKED) == {"nothing_signed"}
    assert rows[0].verdict is Severity.INCOMPLETE
    assert check(path, **keys)[0].verdict is Severity.INCOMPLETE
    assert rows[0].whole == "interrupted"
    assert "interrupted" in codes(check(path, **keys))
    assert "ledger_differs" in wrongs(check(whole.root, **keys))


def test_swapped_files(whole, keys):
    folder = whole.root / "spool" / "delivered"
    one, two = sorted(folder.iterdir())
    aside = folder / "aside"
    one.rename(aside)
    two.rename(one)
    aside.rename(two)
    assert wrongs(check(whole.root, **keys)) == {"name_differs"}


def test_a_recording_from_elsewhere(whole, keys, recordings):
    path = whole.root / "spool" / "delivered" / "000000000099.ohr"
    path.write_bytes(recordings(seq=99))
    assert wrongs(check(whole.root, **keys)) == {"not_in_ledger"}
    path.rename(whole.root / "spool" / "recording" / path.name)
    rows = check(whole.root, **keys)
    assert wrongs(rows) == set()
    assert "still_growing" in codes(rows, Severity.NOTICE)


def test_a_vault_enrolled_on_the_unsigned_end_confirms_nothing(whole, keys):
    """Hanging entries on a chain takes no key: enrol a vault "a" of one's own, let it sign a forgery."""
    forger = SigningKey.generate()
    vaults = [{"name": "a", "public_key": forger.public.base64}]
    whole.append("enrolled", {"public_key": whole.key.public.base64, "recipients": [], "vaults": vaults})
    whole.vaults = {"a": forger}
    forged = whole.call()
    rows = {row.path: row for row in check(whole.write().root, **keys)}
    assert rows[str(forged)].verdict is Severity.UNCONFIRMED
    assert "signers_unconfirmed" in codes([rows[str(forged)]])
    genuine = rows[str(whole.root / "spool" / "delivered" / "000000000003.ohr")]
    assert genuine.verdict is Severity.GOOD  # by the same name, and the key that was enrolled before


@pytest.mark.parametrize("signed", [True, False])
def test_a_second_recording_of_a_call_is_told_and_the_first_stands(whole, keys, signed):
    forged = whole.stated("sh01-d017/3", b"forged")
    whole.append("recording", forged)
    if signed:
        whole.checkpoint()
    rows = check(whole.write().root, **keys)
    assert wrongs(rows) == {"chain_broken"}
    assert rows[0].findings[0].values["rule"] == "call"
    (whole.root / "spool" / "delivered" / "000000000003.ohr").write_bytes(b"forged")
    assert wrongs(check(whole.root, **keys)) > {"chain_broken"}


@pytest.mark.parametrize("call", ["sh01-d018/2", "sh01-d017/2000"])
def test_another_desks_call_accounts_for_none(desk, keys, call):
    desk.append("off_hook", {})
    desk.append("on_hook", {"call": "sh01-d017/2"})
    desk.append("not_recorded", {"call": call, "reason": "disk_full", "seconds": 1})
    desk.checkpoint()
    assert wrongs(check(desk.write().root, **keys)) == {"chain_broken", "unaccounted"}


def test_pruned_on_the_unsigned_end_excuses_only_what_a_vault_has(desk, keys):
    held, gone = desk.call(), desk.call(receipts=False)
    desk.checkpoint()
    for path in (held, gone):
        path.unlink()
        desk.append("pruned", {"call": f"sh01-d017/{int(path.stem)}", "receipts": 2})
    rows = check(desk.write().root, **keys)
    missing = [finding.values["call"] for finding in rows[0].findings if finding.code == "recording_missing"]
    assert missing == [f"sh01-d017/{int(gone.stem)}"]


def test_a_missing_recording(whole, keys):
    (whole.root / "spool" / "delivered" / "000000000003.ohr").unlink()
    rows = check(whole.root, **keys)
    assert wrongs(rows) == {"recording_missing"}
    assert "receipt_alone" in codes(rows, Severity.NOTICE)
    assert wrongs(check(whole.ledger, **keys)) == set()
    assert "recordings_not_given" in codes(check(whole.ledger, **keys), Severity.NOTICE)


def test_a_pruned_recording_is_not_missing(whole, keys):
    (whole.root / "spool" / "delivered" / "000000000003.ohr").unlink()
    whole.append("pruned", {"call": "sh01-d017/3", "receipts": 2})
    whole.checkpoint()
    assert wrongs(check(whole.write().root, **keys)) == set()


def test_many_missing_recordings_are_counted(desk, keys):
    for _ in range(8):
        desk.call(receipts=False).unlink()
    desk.checkpoint()
    ledger = check(desk.write().root, **keys)[0]
    assert [finding.code for finding in ledger.findings].count("recording_missing") == 5
    assert {"missing_more"} < wrongs([ledger])
    assert next(f.values for f in ledger.findings if f.code == "missing_more") == {"count": 3}


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", "1" * 64), ("size", 1), ("frames", 1), ("samples", 1), ("gaps", 1), ("lost_samples", 1)],
)
def test_a_ledger_that_says_otherwise(desk, keys, field, value):
    desk.call(**{field: value})
    desk.checkpoint()
    rows = check(desk.write().root, **keys)
    assert "ledger_differs" in wrongs(rows)
    assert next(f.values["fields"] for f in rows[1].findings if f.code == "ledger_differs") == field
    told = {"sha256", "size", "frames"}
    assert ("receipt_contradicts" in wrongs(rows)) == (field in told)


def test_an_unsigned_tail(desk, keys):
    desk.checkpoint()
    desk.call()
    rows = check(desk.write().root, **keys)
    assert wrongs(rows) == set()
    assert codes(rows, Severity.NOTICE) == {"unsigned_tail", "ledger_unsigned"}
    assert rows[1].signed_by == ("a", "b")


def test_a_ledger_without_checkpoints(desk, keys):
    desk.call()
    assert "ledger_not_signed" in codes(check(desk.write().root, **keys), Severity.UNCONFIRMED)


def test_an_unaccounted_call(desk, keys):
    desk.append("off_hook", {})
    running = check(desk.write().root, **keys)
    assert wrongs(running) == set()
    assert "call_running" in codes(running, Severity.NOTICE)
    desk.append("on_hook", {"call": "sh01-d017/2"})
    desk.checkpoint()
    assert wrongs(check(desk.write().root, **keys)) == {"unaccounted"}


@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_a_changed_row(whole, keys, column):
    rows = [[entry.seq, entry.kind, entry.at, entry.raw] for entry in whole.entries]
    rows[3][column] = {0: 1000, 1: "flash", 2: "x", 3: rows[3][3].replace(b'"mono_ns":4', b'"mono_ns":5')}[
        column
    ]
    assert wrongs(check(whole.write(rows).root, **keys)) >= {"chain_broken"}


@pytest.mark.parametrize("entry", [None, "text", 5, b"", b"x" * 16_385])
def test_a_row_without_an_entry(whole, keys, entry):
    rows = [[entry.seq, entry.kind, entry.at, entry.raw] for entry in whole.entries]
    rows[3][3] = entry
    found = check(whole.write(rows).ledger, **keys)
    assert wrongs(found) == {"chain_broken"}
    assert found[0].whole == "no"


def test_many_breaks_are_counted(whole, keys):
    rows = [[entry.seq, entry.kind, entry.at, b"junk"] for entry in whole.entries]
    found = check(whole.write(rows).ledger, **keys)
    assert {"chain_broken", "chain_more"} <= wrongs(found)


def test_another_desk_s_key(whole, vault_key):
    assert "chain_broken" in wrongs(check(whole.ledger, desks=(vault_key.public,)))


def test_of_several_desk_keys_the_right_one_is_taken(whole, vault_key):
    rows = check(whole.ledger, desks=(vault_key.public, whole.key.public))
    assert wrongs(rows) == set()
    assert "ledger_signed_given" in codes(rows)
    others = (vault_key.public, SigningKey.generate().public)
    assert "chain_broken" in wrongs(check(whole.ledger, desks=others))


def test_a_new_chain_is_told(desk, keys):
    finding = {"code": "ledger_broken", "detail": "", "severity": "critical", "state": "raised"}
    desk.entries.clear()
    desk.append("finding", finding | {"broken_head": "1" * 64}, seq=1000)
    rows = check(desk.write().ledger, **keys)
    assert wrongs(rows) == set()
    assert "chain_restarted" in codes(rows, Severity.NOTICE)


def test_an_empty_ledger(desk, keys):
    desk.entries.clear()
    assert wrongs(check(desk.write().ledger, **keys)) == {"ledger_empty"}


def test_vault_keys_that_were_given(whole, vault_key):
    a, b = (
        path
        for path in sorted((whole.root / "spool" / "receipts").iterdir())
        if path.name.startswith("000000000003")
    )
    rows = check(a, vaults={"a": vault_key.public})
    assert codes(rows) == {"receipt_signed_given", "receipt_alone"}
    assert wrongs(check(a, vaults={"#1": vault_key.public})) == set()
    assert wrongs(check(a, vaults={"b": vault_key.public})) == {"receipt_other_vault"}
    assert wrongs(check(b, vaults={"a": vault_key.public})) == {"receipt_key_unknown"}
    assert "receipt_key_unknown" in codes(check(b), Severity.UNCONFIRMED)


def test_a_forged_receipt(whole, vault_key, keys):
    path = whole.root / "spool" / "receipts" / "000000000003.a.jws"
    head, payload, _ = path.read_text().split(".")
    other = Receipt.read_unverified(path.read_text())
    path.write_text(f"{head}.{payload}." + other.sign(SigningKey.generate()).split(".")[2])
    assert wrongs(check(whole.root, **keys)) == {"receipt_forged"}
    path.write_text("nonsense")
    assert wrongs(check(whole.root, **keys)) == {"receipt_malformed"}
    path.write_bytes(b"\xff\xfe")
    assert wrongs(check(path)) == {"receipt_malformed"}


def test_a_vault_s_receipt_for_another_file(whole, vault_key, keys):
    path = whole.root / "spool" / "receipts" / "000000000003.a.jws"
    fields = {name: getattr(Receipt.read_unverified(path.read_text()), name) for name in Receipt.__slots__}
    path.write_text(Receipt(**(fields | {"sha256": "2" * 64})).sign(vault_key) + "\n")
    rows = check(whole.root, **keys)
    assert wrongs(rows) == {"receipt_contradicts", "receipt_differs"}


def test_a_recording_alone(whole, archive_key):
    path = whole.root / "spool" / "delivered" / "000000000003.ohr"
    row = check(path)[0]
    assert (row.verdict, row.whole) == (Severity.NOT_CHECKED, "unknown")
    opened = check(path, archive=archive_key)[0]
    assert (opened.verdict, opened.whole) == (Severity.UNCONFIRMED, "yes")
    foreign = check(path, archive=ArchivePrivateKey.generate())[0]
    assert (foreign.verdict, foreign.whole) == (Severity.NOT_CHECKED, "unknown")
    assert "sealed_to_others" in codes([foreign])


def test_files_that_are_no_evidence(tmp_path):
    junk = tmp_path / "junk.ohr"
    junk.write_bytes(b"junk")
    short = tmp_path / "short.ohr"
    short.write_bytes(b"offhook-rec")
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    store = tmp_path / "other.sqlite3"
    sqlite3.connect(store).execute("CREATE TABLE x(y)").connection.commit()
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    rows = check(tmp_path)
    assert {row.path for row in rows} == {str(junk), str(short), str(broken)}
    assert wrongs(rows) == {"not_a_recording"}
    for path in (text, store, tmp_path / "missing"):
        assert codes(check(path), Severity.NOT_LOOKED_AT) == {"not_evidence"}


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.ohr")
    assert codes(check(tmp_path / "pipe.ohr"), Severity.NOT_LOOKED_AT) == {"not_evidence"}
    assert check(tmp_path) == []


def test_links_out_of_a_folder_are_not_followed(whole, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "x.ohr").symlink_to(whole.root / "spool" / "delivered" / "000000000003.ohr")
    (tmp_path / "links" / "all").symlink_to(whole.root)
    assert check(tmp_path / "links") == []


def test_a_store_that_breaks_off(whole, keys):
    data = bytearray(whole.ledger.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    whole.ledger.write_bytes(data)
    assert codes(check(whole.ledger, **keys)) & {"ledger_unreadable", "not_evidence"}


def listing(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_nothing_is_written_into_the_evidence(whole, keys):
    before = listing(whole.root)
    check(whole.root, **keys)
    assert listing(whole.root) == before


@pytest.mark.parametrize("with_shm", [True, False])
def test_what_stands_in_the_wal_is_read_and_left_alone(whole, keys, tmp_path, with_shm):
    """A running desk (with -shm), and a copy of its ledger and -wal alone."""
    live = sqlite3.connect(whole.ledger)
    live.execute("PRAGMA journal_mode=WAL")
    more = whole.checkpoint()
    live.execute("INSERT INTO ledger VALUES (?, ?, ?, ?)", (more.seq, more.kind, more.at, more.raw))
    live.commit()
    folder = tmp_path / "seen"
    folder.mkdir()
    for suffix in ("", "-wal", "-shm") if with_shm else ("", "-wal"):
        shutil.copy(f"{whole.ledger}{suffix}", folder)
    before = listing(folder).keys()
    rows = check(folder / "ledger.sqlite3", **keys)
    assert rows[0].sha256 == more.hash
    assert listing(folder).keys() == before
    live.close()


def test_a_vault_s_folder(whole, keys, tmp_path, vault_key):
    """Its catalogue holds several desks' ledgers, and the receipts that it gave."""
    vault = tmp_path / "vault-a"
    shutil.copytree(whole.root / "spool" / "delivered", vault / "objects" / "sh01-d017")
    db = sqlite3.connect(vault / "catalogue.sqlite3")
    db.execute(
        "CREATE TABLE ledger(desk TEXT, seq INTEGER, kind TEXT, at TEXT, entry BLOB, PRIMARY KEY (desk, seq))"
    )
    rows = [("sh01-d017", entry.seq, entry.kind, entry.at, entry.raw) for entry in whole.entries]
    db.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", rows)
    db.execute("CREATE TABLE recordings(desk TEXT, seq INTEGER, receipt TEXT)")
    text = (whole.root / "spool" / "receipts" / "000000000003.a.jws").read_text()
    db.execute("INSERT INTO recordings VALUES ('sh01-d017', 3, ?)", (text,))
    db.commit()
    db.close()
    found = check(vault, **keys)
    assert wrongs(found) == set()
    assert [row.what for row in found] == ["ledger", "recording", "recording", "receipt"]
    assert found[0].path.endswith("catalogue.sqlite3 (sh01-d017)")
    both = check(vault, whole.root, **keys)
    assert wrongs(both) == set()
    assert len(both) == 4 + 7
    assert "ledgers_agree" in codes(both)


def test_a_desk_that_rewrote_its_ledger_after_a_vault_had_it(whole, keys, tmp_path):
    """Even with the desk's own key: the vault's copy tells."""
    shutil.copy(whole.ledger, tmp_path / "seen-by-vault.sqlite3")
    kept = whole.entries[:3]
    whole.entries = whole.entries[:2]
    whole.append("off_hook", {"rewritten": 1})
    whole.append("not_recorded", {"call": "sh01-d017/3", "reason": "power", "seconds": 5})
    whole.checkpoint()
    rows = check(whole.write().ledger, tmp_path / "seen-by-vault.sqlite3", **keys)
    assert wrongs(rows) == {"ledgers_differ"}
    assert [f.values["seq"] for row in rows for f in row.findings if f.code == "ledgers_differ"] == [3, 3]
    assert len(kept) == 3


def test_the_better_ledger_counts(whole, keys, tmp_path):
    """A broken copy beside a whole one does not spoil what the whole one shows."""
    rows = [[entry.seq, entry.kind, entry.at, entry.raw] for entry in whole.entries]
    good = tmp_path / "good.sqlite3"
    shutil.copy(whole.ledger, good)
    rows[0][3] = b"junk"
    found = check(whole.write(rows).root, good, **keys)
    assert {row.verdict for row in found if row.what == "recording"} <= {Severity.GOOD, Severity.NOTICE}
    assert "chain_broken" in wrongs(found)


def test_a_file_that_breaks_within(whole, keys):
    path = whole.root / "spool" / "delivered" / "000000000003.ohr"
    data = path.read_bytes()
    header_end = data.index(b"\n", 25) + 1
    path.write_bytes(data[:header_end] + bytes(4) + data[header_end + 4 :])
    assert "structure_broken" in wrongs(check(path))
    assert check(path)[0].whole == "no"


def test_a_receipt_that_does_not_parse_is_never_asked_for_its_signature():
    facts = ReceiptFacts(path="x", sha256="", jws=None, receipt=None, fault="no")
    assert wrongs(judge(Bundle(receipts=[facts]))) == {"receipt_malformed"}

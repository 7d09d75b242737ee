"""Pages over HTTPS: who may see what, what is logged, what is said of nothing and of failure."""

import io
import json
import re
import subprocess
import sys
import zipfile

import pytest
import soundfile

from sync.vault.access.passwords import hash_password
from sync.vault.catalogue import people
from sync.vault.commands.lists import reader
from sync.vault.commands.manage import write

PAGES = ("/", "/calls", "/live", "/quarantine", "/access")


def log_of(admin, subject):
    """(person, action, detail) of the access log of one call, oldest first."""
    rows = re.findall(r"<tr class=\"a-.*?</tr>", admin.page(f"/access?subject={subject}"), re.DOTALL)
    cells = [
        [re.sub(r"<.*?>", "", c).strip() for c in re.findall(r"<td.*?</td>", r, re.DOTALL)] for r in rows
    ]
    return [(row[1], row[2], row[5]) for row in reversed(cells)]


# Logging in


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_led_to_the_login_and_back(stranger, path):
    answer = stranger.get(path)
    assert (answer.status, answer.headers["location"]) == (303, f"/login?next={path}")


def test_log_in_leads_on_and_the_cookie_is_strict(stranger):
    answer = stranger.log_in(next="/calls?desk=a")
    assert (answer.status, answer.headers["location"]) == (303, "/calls?desk=a")
    cookie = next(c for c in answer.headers.getlist("set-cookie") if "session" in c).lower()
    assert all(word in cookie for word in ("httponly", "secure", "samesite=strict"))
    assert stranger.get("/login").status == 303


def test_log_in_never_leads_to_another_host(stranger):
    assert stranger.log_in(next="https://evil.example/").headers["location"] == "/"


def test_a_wrong_password_is_said_in_the_page(stranger):
    answer = stranger.log_in(password="wrong")
    assert answer.status == 403
    assert "Unknown login or wrong password." in answer.data.decode()


def test_a_form_of_another_site_does_not_log_in(stranger):
    assert stranger.log_in(csrf="guess").status == 403
    del stranger.cookies["offhook_login"]
    form = {"login": "admin", "password": stranger.vault.password, "csrf": ""}
    assert stranger.ask("POST", "/login", form).status == 403


def test_log_out_needs_the_token_and_ends_the_session(admin):
    token = re.search(
        r'action="/logout">\s*<input type="hidden" name="csrf" value="([^"]+)"', admin.page("/")
    )
    assert admin.ask("POST", "/logout", {"csrf": "guess"}).status == 403
    assert admin.page("/")
    assert admin.ask("POST", "/logout", {"csrf": token[1]}).status == 303
    assert admin.get("/").status == 303


def test_headers_keep_other_hosts_and_inline_scripts_out(admin):
    headers = admin.get("/").headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert all(
        part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "script-src 'self'")
    )
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    static = admin.get(re.search(r'href="(/static/base.css\?\w+)"', admin.page("/"))[1])
    assert "immutable" in static.headers["cache-control"]


def test_facilities_see_desks_and_no_calls(vault, stranger):
    hashed = hash_password("correct horse battery")
    write(
        vault.settings,
        lambda db: people.add(db, login="hans", name="Hans", role="facilities", password_hash=hashed),
    )
    assert stranger.log_in("hans", "correct horse battery", next="/").status == 303
    assert 'href="/calls"' not in stranger.page("/")
    for path in ("/calls", "/live", "/access", "/calls/d/1", "/calls/d/1/sound/wav"):
        answer = stranger.get(path)
        assert answer.status == 403
        assert "Your role does not allow this." in answer.data.decode()
    assert stranger.get("/api/v1/calls").status == 403


def test_the_language_is_remembered(stranger):
    stranger.cookies.clear()
    assert 'lang="en"' in stranger.page("/login")
    assert 'lang="zh"' in stranger.get("/login", Accept_Language="zh-CN,zh;q=0.9").data.decode()
    assert stranger.get("/language/zh?next=/login").headers["location"] == "/login"
    assert "密码" in stranger.page("/login")
    assert stranger.get("/language/tlh").status == 404


# Errors


def test_errors_are_pages_for_people_and_json_for_programs(admin):
    answer = admin.get("/nothing/here")
    assert answer.status == 404
    assert "There is nothing at this address." in answer.data.decode()
    assert "no such call" in admin.get("/calls/nobody/7").data.decode()
    program = admin.get("/calls/nobody/7", Accept="application/json")
    assert program.json()["detail"].endswith("there is no such call")
    assert admin.get("/calls?after=junk").status == 400
    assert admin.get("/calls?status=junk").status == 400
    assert admin.get("/calls/../../etc/passwd").status == 404


def test_a_part_of_a_page_reloads_the_page_when_the_session_is_over(stranger):
    answer = stranger.get("/live/rows", HX_Request="true")
    assert (answer.status, answer.headers["hx-refresh"]) == (401, "true")


# Calls


def test_a_call_is_listed_found_and_told(admin, speak, numbers):
    desk, seq = speak(details=numbers)
    for query in (f"desk={desk.id}", "number=138*", "number=*8000", f"desk={desk.id}&status=recorded"):
        page = admin.page(f"/calls?{query}")
        assert f'href="/calls/{desk.id}/{seq}"' in page, query
        assert "13800138000" in page
    assert f"/calls/{desk.id}/{seq}" not in admin.page(f"/calls?desk={desk.id}&number=139*")
    page = admin.page(f"/calls/{desk.id}/{seq}")
    assert ">whole<" in page
    assert "13800138000" in page


def test_times_are_of_the_readers_zone(admin, speak):
    desk, seq = speak()
    start = next(e.at for e in desk.entries if e.seq == seq)
    admin.cookies["offhook_zone"] = "Pacific/Kiritimati"
    page = admin.page(f"/calls?desk={desk.id}")
    assert f'title="{start[:10]} {start[11:23]} UTC"' in page
    hour = (int(start[11:13]) + 14) % 24
    assert f"</span> {hour:02}:{start[14:19]}</time>" in page
    assert f"/calls/{desk.id}/{seq}" in admin.page(f"/calls?desk={desk.id}&since=2000-01-01T00:00")
    assert f"/calls/{desk.id}/{seq}" not in admin.page(f"/calls?desk={desk.id}&until=2000-01-01T00:00")


def test_pages_follow_each_other_without_doubles(admin, desk, wait_until):
    for _ in range(60):
        desk.append("off_hook")
        seq = len(desk.entries)
        desk.append("not_recorded", call=f"{desk.id}/{seq}", reason="disk_full", seconds=1)
    desk.send()
    wait_until(lambda: len(desk.vault.calls(desk=desk.id)) == 50)
    wait_until(lambda: desk.vault.desks()[desk.id]["ledger_seq"] == 120)
    first = admin.page(f"/calls?desk={desk.id}")
    after = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = admin.page(after)
    seqs = [int(s) for page in (first, second) for s in re.findall(rf'href="/calls/{desk.id}/(\d+)"', page)]
    assert len(seqs) == len(set(seqs)) == 60
    assert seqs == sorted(seqs, reverse=True)
    assert "not recorded" in first


def test_the_proof_is_made_from_what_lies_there(admin, speak, vault, wait_until):
    desk, seq = speak()
    wait_until(lambda: vault.desks()[desk.id]["ledger_seq"] == len(desk.entries))
    proof = admin.page(f"/calls/{desk.id}/{seq}/proof")
    assert "v-bad" not in proof
    assert "Whole and proven" in proof
    entry = next(e for e in desk.entries if e.kind == "recording")
    assert entry.hash in proof
    assert desk.key.public.key_id in proof
    path = vault.folder / "objects" / desk.id / f"{seq:012d}.ohr"
    good = path.read_bytes()
    try:
        path.chmod(0o600)
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        proof = admin.page(f"/calls/{desk.id}/{seq}/proof")
    finally:
        path.write_bytes(good)
    assert "Verification failed" in proof
    assert "the stored bytes are not those of the ledger" in proof
    assert "the frames do not open as they must" in proof


def proof_of(admin, desk, seq, wait_until):
    wait_until(lambda: desk.vault.desks()[desk.id]["ledger_seq"] == len(desk.entries))
    return admin.page(f"/calls/{desk.id}/{seq}/proof")


def test_lost_sound_is_not_recorded_time_and_not_whole(admin, speak, tone, wait_until):
    desk, seq = speak(tone(4), gap=(16_000, 21_200))
    proof = proof_of(admin, desk, seq, wait_until)
    assert '<span class="verdict v-open">Proven, with 2.65 s lost</span>' in proof
    assert "<dt>Recorded</dt><dd>0:04" in admin.page(f"/calls/{desk.id}/{seq}")
    assert re.search(r'c-recorded num"[^>]*>0:04<', admin.page(f"/calls?desk={desk.id}"))
    table = desk.vault.cli("calls", "--desk", desk.id)
    assert "lost" in table
    assert "4.0" in table
    assert "2.65" in table
    admin.cookies["offhook_language"] = "zh"
    assert "丢失 2.65 秒" in admin.page(f"/calls/{desk.id}/{seq}/proof")


def test_the_reasons_in_the_ledger_are_on_the_page(admin, speak, wait_until):
    desk, seq = speak()
    for reason, seconds in (("device_lost", 7), ("disk_full", 2)):
        desk.append("not_recorded", call=f"{desk.id}/{seq}", reason=reason, seconds=seconds)
    desk.append("not_recorded", call=f"{desk.id}/{seq + 1}", reason="shutdown", seconds=99)
    desk.send(desk.entries[-3:])
    proof = proof_of(admin, desk, seq, wait_until)
    assert '<span class="verdict v-open">Proven, with 9 s not recorded</span>' in proof
    page = admin.page(f"/calls/{desk.id}/{seq}")
    assert "sound card was lost: 7 s" in page
    assert "disk was full: 2 s" in page
    assert "99 s" not in page


def test_the_picture_has_peaks_events_and_gaps(admin, speak, tone):
    desk, seq = speak(tone(4), gap=(16_000, 4_000))
    found = admin.get(f"/calls/{desk.id}/{seq}/picture", Accept="application/json").json()
    assert found["duration_ms"] == 4500
    assert found["marks"] == [{"at_ms": 0, "kind": "off_hook"}]
    assert found["gaps"] == [{"at_ms": 3000, "lost_ms": 500, "reason": "overflow"}]
    (peaks,) = found["peaks"]
    loud = [peak > 100 for peak in peaks]
    assert not any(loud[int(3050 / found["bucket_ms"]) : int(3450 / found["bucket_ms"])])
    assert sum(loud) > 0.85 * len(loud)
    marks = admin.page(f"/calls/{desk.id}/{seq}/marks")
    assert "Handset lifted" in marks
    assert "Lost audio: 0.50 s" in marks
    assert "with gaps" in admin.page(f"/calls?desk={desk.id}")


def test_sound_in_ranges_is_the_sound_and_one_play(admin, speak, tone):
    sound = tone(2)
    desk, seq = speak(sound)
    path = f"/calls/{desk.id}/{seq}/sound/wav?ticket=t1"
    whole = admin.get(path)
    assert (whole.status, whole.headers["content-type"]) == (200, "audio/wav")
    middle = admin.get(path, Range="bytes=1000-1999")
    assert (middle.status, middle.data) == (206, whole.data[1000:2000])
    assert "content-encoding" not in middle.headers
    samples, rate = soundfile.read(io.BytesIO(whole.data), dtype="int16")
    assert rate == 8000
    assert samples.tobytes() == sound.tobytes()
    call = f"{desk.id}/{seq}"
    assert log_of(admin, call) == [("admin", "played", "")]
    admin.get(path.replace("t1", "t2"), Range="bytes=0-")
    assert log_of(admin, call) == [("admin", "played", "")] * 2


def test_exports_are_named_and_logged(admin, speak, numbers):
    desk, seq = speak(details=numbers)
    admin.cookies["offhook_zone"] = "Asia/Shanghai"
    answer = admin.get(f"/calls/{desk.id}/{seq}/export/flac")
    name = re.search(r'filename="([^"]+)"', answer.headers["content-disposition"])[1]
    assert re.fullmatch(rf"\d{{8}}_\d{{6}}_{desk.id}_13800138000\.flac", name)
    assert len(soundfile.read(io.BytesIO(answer.data))[0]) == 24_000
    assert log_of(admin, f"{desk.id}/{seq}") == [("admin", "exported", ".flac")]
    assert admin.get(f"/calls/{desk.id}/{seq}/export/mp3").status == 404
    refused = admin.get(f"/calls/{desk.id}/{seq}/export/opus")
    assert refused.status == 409
    assert "the recording is in pcm_s16le" in refused.data.decode()


def test_the_evidence_verifies_elsewhere(admin, speak, vault, wait_until, tmp_path):
    desk, seq = speak()
    wait_until(lambda: vault.desks()[desk.id]["ledger_seq"] == len(desk.entries))
    answer = admin.get(f"/calls/{desk.id}/{seq}/evidence.zip")
    assert answer.headers["content-disposition"].endswith('.evidence.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        read_me = archive.read("README.txt").decode()
    assert vault.key.base64 in read_me
    assert desk.key.public.base64 in read_me
    command = re.search(r"offhook (verify .*)", read_me)[1].split()
    run = [sys.executable, "-P", "-m", "firmware.cli.main", *command, "--json"]
    verdict = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert json.loads(verdict.stdout)
    assert log_of(admin, f"{desk.id}/{seq}") == [("admin", "exported", "evidence.zip")]


def test_what_failed_is_shown_with_its_reason(admin, desk, wait_until):
    seq, data = desk.call()
    desk.send()
    assert desk.create(seq).status == 201
    bad = data[:-1] + bytes([data[-1] ^ 1])
    desk.patch(seq, 0, bad, Upload_Length=str(len(bad)))
    wait_until(desk.vault.quarantined)
    wait_until(lambda: f"recording of call {seq}" in admin.page(f"/quarantine?desk={desk.id}"))
    assert "the desk&#39;s ledger says" in admin.page(f"/quarantine?desk={desk.id}")
    assert ">quarantined<" in admin.page(f"/calls?desk={desk.id}")
    assert "1 in quarantine" in admin.page("/")


def test_a_running_call_that_sends_nothing_is_said(admin, desk, wait_until):
    desk.append("off_hook")
    desk.append("on_hook", call=f"{desk.id}/1")
    desk.send()
    wait_until(lambda: desk.vault.calls(desk=desk.id))
    answer = admin.get(f"/calls/{desk.id}/1/live")
    assert answer.status == 409
    assert "is not on its way in" in answer.data.decode()
    assert admin.get(f"/calls/{desk.id}/1/sound/wav").status == 404


def test_a_vault_without_the_audio_key_stores_and_proves(own_vault, make_desk, make_person, wait_until, held):
    text = own_vault.config.read_text()
    own_vault.config.write_text(re.sub(r"(?m)^(audio|details) = \[.*\]$", r"\1 = []", text))
    assert text != own_vault.config.read_text()
    own_vault.stop()
    own_vault.start()
    desk, person = make_desk(own_vault), make_person(own_vault)
    seq, data = desk.call()
    desk.send()
    wait_until(lambda: own_vault.calls(desk=desk.id))
    desk.create(seq)
    desk.patch(seq, 0, data[:1000])
    assert "cannot listen" in person.page("/live")
    assert person.get(f"/calls/{desk.id}/{seq}/live").status == 409
    desk.patch(seq, 1000, data[1000:], Upload_Length=str(len(data)))
    wait_until(lambda: held(own_vault, desk, seq))
    page = person.page(f"/calls/{desk.id}/{seq}")
    assert "This vault stores and proves, but cannot listen" in page
    assert "this vault has no details key" in page
    assert "<audio" not in page
    assert "/export/" not in page
    assert "evidence.zip" in page
    proof = person.page(f"/calls/{desk.id}/{seq}/proof")
    assert "not opened: this vault has no key for it" in proof
    assert "v-bad" not in proof
    refused = person.get(f"/calls/{desk.id}/{seq}/sound/wav")
    assert refused.status == 409
    assert "this vault has no audio key" in refused.data.decode()


# The fleet


@pytest.fixture(scope="module")
def empty_vault(vault, tmp_path_factory):
    """One without desks, and without anybody but who a test logs in."""
    running = type(vault)(tmp_path_factory.mktemp("empty") / "e", name="e")
    running.start_broker()
    running.start()
    yield running
    running.close()


def test_no_desk_yet_says_what_to_do(empty_vault, make_person):
    page = make_person(empty_vault).page("/")
    assert "offhook vault enrol-code --desk" in page
    assert f"offhook enrol {empty_vault.url}" in page


def test_the_tile_is_what_the_desk_says(admin, desk, wait_until):
    health = {
        "at": "2026-11-22T08:00:00.000000Z", "session": "s", "situation": 3, "firmware": "0.1.0",
        "lamps": {"green": "off", "red": "off", "amber": "fast_blink"}, "uptime_s": 5, "ledger_seq": 1,
        "findings": [
            {"code": "audio_missing", "severity": "critical", "since": "2026-11-22T07:59:00.000000Z",
             "text_en": "The <sound> card is missing", "text_zh": "找不到声卡"},
        ],
        "coverage": {}, "backlog": {"recordings": 2, "oldest_s": 61}, "disk": {}, "audio": {}, "clock": {},
    }  # fmt: skip
    path = f"/desks/{desk.id}/tile"
    assert "never seen" in admin.page(path)
    state = {"state": "online", "session": "s", "at": health["at"]}
    desk.publish(desk.topics.state, json.dumps(state).encode())
    desk.publish(desk.topics.health, json.dumps(health).encode())
    wait_until(lambda: "Cannot record" in admin.page(path))
    page = admin.page(path)
    assert 'class="lamp amber b-fast_blink"' in page
    assert 'aria-label="Fault: fast blink"' in page
    assert "The &lt;sound&gt; card is missing" in page
    assert "2, oldest 1:01" in page
    admin.cookies["offhook_language"] = "zh"
    assert "找不到声卡" in admin.page(path)
    admin.cookies["offhook_language"] = "en"
    desk.publish(desk.topics.state, json.dumps(state | {"state": "offline"}).encode())
    wait_until(lambda: "offline" in admin.page(path))
    assert 'class="panel dark"' in admin.page(path)  # what the lamps were says nothing about now


def test_an_open_page_does_not_keep_its_session_alive(empty_vault, make_person):
    """Only what a person does prolongs a session; a page's own requests do not."""
    person = make_person(empty_vault)
    old = "2026-01-01T00:00:00.000000Z"
    write(empty_vault.settings, lambda db: db.execute("UPDATE sessions SET seen_at = ?", (old,)))
    assert person.get("/fleet/summary", HX_Request="true").status == 200
    assert _seen(empty_vault) == [old]
    person.page("/")
    assert _seen(empty_vault)[0] > old


def _seen(vault):
    with reader(vault.settings) as db:
        return sorted({row["seen_at"] for row in db.execute("SELECT seen_at FROM sessions")}, reverse=True)


def test_pages_are_told_of_changes(admin, desk):
    events = admin.get("/events?kinds=ledger", preload=False)
    assert events.headers["content-type"].startswith("text/event-stream")
    desk.append(
        "boot", firmware="0", config_sha256="0" * 64, clock_source="none", previous="clean", last_seq=0
    )
    desk.send()
    told = ""
    for piece in events.stream(64):
        told += piece.decode()
        if f'"desk":"{desk.id}"' in told:
            break
    events.close()
    assert "event: ledger" in told

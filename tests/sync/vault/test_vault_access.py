"""People: logging in, sessions, CSRF, and that nothing is open without them."""

import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync.vault.catalogue.database import connect
from sync.vault.catalogue.people import access_log


def request(vault, method, path, **more):
    return vault.https.request(method, vault.url + path, **more)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/calls",
        "/api/v1/desks",
        "/api/v1/calls/x/1",
        "/api/v1/calls/x/1/recording",
        "/api/v1/calls/x/1/live",
        "/api/v1/calls/x/1/receipt",
        "/api/v1/desks/x",
        "/api/v1/desks/x/ledger",
        "/api/v1/events",
        "/api/v1/session",
        "/api/docs",
        "/api/docs/openapi.json",
    ],
)
def test_nothing_is_open_without_a_session(vault, path):
    assert request(vault, "GET", path).status == 401
    assert request(vault, "GET", path, headers={"Cookie": "offhook_session=guess"}).status == 401


def test_login_logout(own_vault):
    cookie, csrf = own_vault.session()
    assert request(own_vault, "GET", "/api/v1/session", headers=cookie).json()["login"] == "admin"
    assert request(own_vault, "DELETE", "/api/v1/session", headers=cookie).status == 403
    assert (
        request(own_vault, "DELETE", "/api/v1/session", headers=cookie | {"X-CSRF-Token": "x"}).status == 403
    )
    done = request(own_vault, "DELETE", "/api/v1/session", headers=cookie | {"X-CSRF-Token": csrf})
    assert done.status == 204
    assert request(own_vault, "GET", "/api/v1/session", headers=cookie).status == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(vault):
    body = {"login": "admin", "password": vault.password}
    cookie = request(vault, "POST", "/api/v1/session", json=body).headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "secure", "samesite=strict"))


def test_a_new_password_ends_the_sessions_and_failures_are_limited(own_vault):
    cookie, _ = own_vault.session()
    own_vault.password = own_vault.cli("password", "admin").strip()
    assert request(own_vault, "GET", "/api/v1/session", headers=cookie).status == 401
    own_vault.session()
    statuses = [
        request(own_vault, "POST", "/api/v1/session", json={"login": "admin", "password": f"{n}"}).status
        for n in range(11)
    ]
    assert statuses == [403] * 10 + [429]


def test_many_tries_at_once_are_limited_like_one_after_the_other(own_vault):
    def guess(number):
        body = {"login": "admin", "password": f"wrong-{number}"}
        return request(own_vault, "POST", "/api/v1/session", json=body).status

    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(guess, range(20)))
    assert set(statuses) == {403, 429}
    assert statuses[403] <= 12  # ten, and those that were being checked just then


def test_other_sites_cannot_post(vault):
    body = {"login": "admin", "password": vault.password}
    for origin, status in (("https://evil.example", 403), (vault.url, 200)):
        answer = request(vault, "POST", "/api/v1/session", json=body, headers={"Origin": origin})
        assert answer.status == status


def test_the_plain_listener_is_loopback_only(vault):
    answer = vault.https.request("GET", f"http://127.0.0.1:{vault.console_port}/api/v1/alive")
    assert answer.status == 200


def test_every_download_is_logged(desk):
    seq, data = desk.call()
    desk.upload(seq, data)
    desk.send()
    desk.receipt()
    cookie, _ = desk.vault.session()
    answer = request(desk.vault, "GET", f"/api/v1/calls/{desk.id}/{seq}/recording", headers=cookie)
    assert answer.data == data
    db = connect(desk.vault.folder / "catalogue.sqlite3", read_only=True)
    (line,) = access_log(db, subject=f"{desk.id}/{seq}")
    db.close()
    assert (line.person, line.action, line.address) == ("admin", "download", "127.0.0.1")


def test_init_refuses_a_vault_that_is_there_and_errors_name_what_is_wrong(vault, tmp_path):
    assert "exists" in vault.cli("init", str(vault.folder), config=False, check=False).stderr
    wrong = tmp_path / "vault.toml"
    wrong.write_text('[vault]\nstate_dir = "."\nnmae = "x"\n')
    done = vault.cli("run", "--config", str(wrong), config=False, check=False)
    assert done.returncode == 2
    assert "vault.nmae" in done.stderr
    wrong.write_text('[vault]\nstate_dir = "."\n')
    done = vault.cli("run", "--config", str(wrong), config=False, check=False)
    assert done.returncode == 1
    assert "offhook vault init" in done.stderr


def test_a_world_readable_key_is_refused(tmp_path, vault):
    folder = tmp_path / "copy"
    shutil.copytree(
        vault.folder, folder, ignore=shutil.ignore_patterns("*.sqlite3*", "uploads", "objects", "*.log")
    )
    (folder / "keys" / "vault.pem").chmod(0o644)
    done = vault.cli("run", "--config", str(folder / "vault.toml"), config=False, check=False)
    assert done.returncode == 1
    assert "chmod 600" in done.stderr


def test_commands_print_json_and_tables(desk):
    seq, data = desk.call()
    desk.upload(seq, data)
    desk.send()
    desk.receipt()
    vault = desk.vault
    (found,) = json.loads(vault.cli("calls", "--desk", desk.id, "--json"))["items"]
    assert (found["id"], found["state"]) == (f"{desk.id}/{seq}", "recorded")
    assert desk.id in {one["desk"] for one in json.loads(vault.cli("desks", "--json"))}
    assert "recorded" in vault.cli("calls", "--desk", desk.id)
    assert "signed to" in vault.cli("desks")


def test_check_finds_rot(own_vault, make_desk):
    desk = make_desk(own_vault)
    calls = [desk.call() for _ in range(2)]
    for seq, data in calls:
        desk.upload(seq, data)
    desk.send()
    for _ in calls:
        desk.receipt()
    assert json.loads(own_vault.cli("check", "--json")) == {"checked": 3, "wrong": []}
    rotten, gone = (own_vault.folder / "objects" / desk.id / f"{seq:012d}.ohr" for seq, _ in calls)
    data = bytearray(rotten.read_bytes())
    data[-1] ^= 1
    rotten.write_bytes(data)
    gone.unlink()
    done = own_vault.cli("check", "--json", check=False)
    assert done.returncode == 1
    assert [line["what"] for line in json.loads(done.stdout)["wrong"]] == [
        f"{desk.id}/{seq}" for seq, _ in calls
    ]


def test_a_port_that_is_taken_is_said(tmp_path, vault):
    folder = tmp_path / "copy"
    shutil.copytree(
        vault.folder, folder, ignore=shutil.ignore_patterns("*.sqlite3*", "uploads", "objects", "*.log")
    )
    done = vault.cli("run", "--config", str(folder / "vault.toml"), config=False, check=False)
    assert done.returncode == 1
    assert f"port {vault.https_port}: cannot listen there" in done.stderr


def test_the_api_is_described_and_the_page_asks_no_other_host(vault):
    cookie, _ = vault.session()
    document = request(vault, "GET", "/api/docs/openapi.json", headers=cookie).json()
    assert "/api/v1/calls/{desk}/{seq}/receipt" in document["paths"]
    page = request(vault, "GET", "/api/docs", headers=cookie)
    assert page.status == 200
    text = page.data.decode()
    assert "GET /api/v1/calls" in text
    assert "Newest first" in text
    assert "://" not in text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_events_tell_what_happens(desk):
    cookie, _ = desk.vault.session()
    with request(desk.vault, "GET", "/api/v1/events", headers=cookie, preload_content=False) as stream:
        lines = iter(line.strip() for chunk in stream.stream(1) for line in [chunk.decode()])
        text = ""
        while "connected" not in text:
            text += next(lines) or "\n"
        desk.append("off_hook")
        desk.send()
        while f'"call":"{desk.id}/1"' not in text:
            text += next(lines) or "\n"
    assert "event:" in text

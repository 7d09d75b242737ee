"""The console in Chromium, on a real desk that records a real call, and two real vaults."""

import re
import time

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect, sync_playwright

from sync.demo.site import DESK, Site

CHROMIUM = "/usr/bin/chromium"
# Without these Chromium asks hosts of its own at every start.
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-domain-reliability",
]  # fmt: skip
CUSTOMER = "13800138000"
WIDTHS = {"en": (1280, "light"), "zh": (360, "dark")}
WORDS = {
    "en": {
        "fleet": "Fleet",
        "ready": "Ready",
        "whole": "whole",
        "proven": "Whole and proven",
        "listen": "Listen",
    },
    "zh": {"fleet": "工位总览", "ready": "就绪", "whole": "完整", "proven": "完整且已证明", "listen": "收听"},
}


def speech(path, seed):
    """4 s of noise in syllables: enough to see and to hear."""
    rng, at = np.random.default_rng(seed), np.arange(4 * 8000)
    syllables = np.clip(np.sin(2 * np.pi * 3 * at / 8000), 0, 1) ** 2
    soundfile.write(path, rng.normal(0, 0.15, len(at)) * syllables, 8000)
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


class Visit:
    """One person at the console; everything that a browser complains about is remembered."""

    def __init__(self, site, chromium, language, width, scheme="light"):
        self.vault = site.vaults[0]
        self.width = width
        self.complaints = []
        self.context = chromium.new_context(
            viewport={"width": width, "height": 800},
            locale={"en": "en-GB", "zh": "zh-CN"}[language],
            timezone_id="Asia/Shanghai",
            color_scheme=scheme,
            base_url=self.vault.console,
        )
        self.page = page = self.context.new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and self.complaints.append(m.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._own_host)

    def _own_host(self, request):
        if not request.url.startswith(self.vault.console):
            self.complaints.append(f"request to {request.url}")

    def log_in(self, path="/"):
        self.page.goto(path)
        self.page.fill("[name=login]", "admin")
        self.page.fill("[name=password]", self.vault.password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "login" not in url)
        return self.page

    def fits(self):
        """Nothing is wider than the window."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, self.page.url

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def visit(site, chromium):
    made = []

    def make(language="en", width=1280, scheme="light"):
        made.append(Visit(site, chromium, language, width, scheme))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def sentences(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speech")
    return [speech(folder / f"{seed}.wav", seed) for seed in (1, 2)]


def moves(page, script, limit_s=60.0):
    """The number that `script` gives rises by a second or more."""
    start = page.evaluate(script) or 0
    page.wait_for_function(f"() => ({script} || 0) > {start} + 1", timeout=limit_s * 1000)


def test_a_call_from_the_first_ring_to_its_proof(site, visit, sentences):
    """Fleet, live and calls follow by themselves; the running call is heard; then the recording plays."""
    at_fleet, at_live, at_calls = visit(), visit(), visit()
    fleet, live, calls = at_fleet.log_in("/"), at_live.log_in("/live"), at_calls.log_in("/calls")
    tile = fleet.locator(f"#desk-{DESK}")
    expect(tile).to_contain_text("online", timeout=60_000)
    expect(tile.get_by_role("img", name="Ready: on")).to_be_visible()
    expect(tile.get_by_role("img", name="Recording: off")).to_be_visible()

    site.line.ring(number=CUSTOMER)
    site.line.wait(6.5)
    site.line.lift()
    expect(tile.get_by_role("img", name="Recording: on")).to_be_visible(timeout=60_000)
    expect(tile.locator(".live-dot")).to_be_visible()
    expect(calls.locator("tr.r-running")).to_be_visible(timeout=60_000)
    live.get_by_role("link", name="Listen").click(timeout=60_000)
    live.get_by_role("button", name="Listen").click()
    for file in sentences:
        site.line.say("customer", file)
    moves(live, "Number(document.getElementById('live').dataset.heard || 0)")
    told = live.locator("#behind").text_content()
    assert re.fullmatch(r"\d+\.\d s behind the line", told)
    assert float(told.split()[0]) < 8
    site.line.wait(3.0)
    site.line.hang_up_far()
    site.line.replace()

    live.locator("#player").wait_for(timeout=60_000)  # the page has become that of the recording
    expect(live.locator("h1")).to_contain_text(CUSTOMER)
    expect(calls.locator("tr.r-whole")).to_contain_text(CUSTOMER, timeout=60_000)
    expect(tile.get_by_role("img", name="Recording: off")).to_be_visible(timeout=60_000)
    expect(live.locator("#proof")).to_contain_text("Whole and proven", timeout=60_000)


@pytest.mark.parametrize("language", WIDTHS)
def test_find_a_call_and_play_it(visit, language):
    width, scheme = WIDTHS[language]
    person, words = visit(language, width, scheme), WORDS[language]
    page = person.log_in("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["fleet"])
    person.fits()
    page.goto("/calls?number=138*")
    person.fits()
    page.locator(".c-start a").first.click()
    expect(page.locator("#opening")).to_be_hidden(timeout=60_000)
    expect(page.locator(".state").first).to_have_text(words["whole"])
    expect(page.locator("#proof")).to_contain_text(words["proven"], timeout=60_000)
    person.fits()
    page.click("#play")
    moves(page, "document.getElementById('audio').currentTime")
    page.click("#play")
    page.locator("#marks button").last.click()
    assert page.evaluate("document.getElementById('audio').currentTime") > 5
    for path in ("/live", "/access", "/quarantine"):
        page.goto(path)
        person.fits()


def test_by_keyboard_alone(visit):
    person = visit()
    page = person.log_in("/calls")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".c-start a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/calls/.+/\d+"))
    expect(page.locator("#opening")).to_be_hidden(timeout=60_000)
    page.keyboard.press("k")
    moves(page, "document.getElementById('audio').currentTime")
    page.keyboard.press("k")
    page.wait_for_function("() => document.getElementById('audio').paused")
    wave = page.locator("#wave")
    wave.focus()
    before = page.evaluate("document.getElementById('audio').currentTime")
    page.keyboard.press("ArrowRight")
    after = page.evaluate("document.getElementById('audio').currentTime")
    assert after == pytest.approx(before + 5, abs=0.2)
    page.keyboard.press("Home")
    expect(wave).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("]")
    expect(wave).not_to_have_attribute("aria-valuenow", "0")


def test_a_chosen_language_stays(visit):
    person = visit("en", 360)
    page = person.log_in("/access")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("访问日志")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "zh")


def test_a_desk_that_goes_is_seen_at_once(site, visit):
    person = visit()
    page = person.log_in("/")
    tile = page.locator(f"#desk-{DESK}")
    expect(tile).to_contain_text("online")
    started = time.monotonic()
    site.desk.parts["agent"].stop()
    expect(tile).to_contain_text("stopped", timeout=60_000)
    assert time.monotonic() - started < 10
    expect(tile.locator(".panel.dark")).to_be_visible()
    site.desk.parts["agent"].start()
    expect(tile).to_contain_text("online", timeout=60_000)

"""An exported .opus in a real browser: it plays, to the exact length."""

import base64
import io

import pytest
from playwright.sync_api import sync_playwright

from firmware.archive.export import export_to

DECODE = """async (text) => {
  const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const decoded = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(data.buffer.slice(0));
  const url = URL.createObjectURL(new Blob([data], {type: "audio/ogg"}));
  const audio = new Audio(url);
  await new Promise((done, failed) => { audio.onloadedmetadata = done; audio.onerror = failed; });
  return [decoded.length, decoded.numberOfChannels, audio.duration];
}"""


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    "plan", [[("a", 20_123)], [("a", 9001), ("g", 5003), ("a", 7000), ("g", 60), ("a", 9)]]
)
def test_chromium_plays_it(page, made, key, channels, plan):
    out = io.BytesIO()
    report = export_to(io.BytesIO(made("opus", channels, plan).data), key, out, "opus")
    length, decoded, seconds = page.evaluate(DECODE, base64.b64encode(out.getvalue()).decode())
    assert decoded == channels
    assert length == report.samples * 6
    assert seconds == pytest.approx(report.samples / 8000 + 0.0065)  # it counts the pre-skip

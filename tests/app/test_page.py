"""The page of ``featser app`` in headless Chromium, with a microphone that plays a recording."""

import base64
import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from outcomes import Outcome
from playwright import sync_api as playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
JUNK_STATUS = "the server responded with a status of 422"

TO_WEBM = """async (wav) => {
  const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
  const context = new AudioContext();
  const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(bytes.buffer) });
  const end = context.createMediaStreamDestination();
  source.connect(end);
  const recorder = new MediaRecorder(end.stream, { mimeType: "audio/webm;codecs=opus" });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((done) => { recorder.onstop = done; });
  recorder.start();
  source.onended = () => recorder.stop();
  source.start();
  await stopped;
  const made = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(made, (byte) => String.fromCharCode(byte)).join(""));
}"""

Page = Any
Predict = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def spoken(voices: Path) -> Path:
    """A real recording where there are any, else a synthetic one."""
    real = Path(os.environ.get("FEATSER_CORPORA", "")) / "emodb" / "wav"
    return min(real.glob("*.wav"), default=min(voices.rglob("*.wav")))


@pytest.fixture(scope="module")
def browser(spoken: Path) -> Iterator[Any]:
    switches = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=switches, chromium_sandbox=False)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, served: tuple[str, object]) -> Iterator[Page]:
    """The page; it may write nothing to the console, and ask no other server."""
    context = browser.new_context(accept_downloads=True, viewport=SIZES["desktop"])
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda request: faults.append(request.url) if not is_own(request.url, served[0]) else None)
    opened.goto(served[0])
    playwright.expect(opened.locator("#cards")).to_be_visible()
    yield opened
    context.close()
    assert [fault for fault in faults if JUNK_STATUS not in fault] == []


def is_own(url: str, address: str) -> bool:
    return url.startswith((f"{address}/", f"blob:{address}/", "data:"))


def wait(page: Page, n_entries: int) -> None:
    """Wait until all entries are answered or refused."""
    playwright.expect(page.locator("article")).to_have_count(n_entries, timeout=20_000)
    playwright.expect(page.locator(".pending, .stale")).to_have_count(0, timeout=120_000)


def saved(page: Page, button: str) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(download.value.path())


@pytest.fixture
def predict(run_featser: Callable[..., Outcome], model_path: Path) -> Predict:
    """First result of ``featser predict``."""

    def run(*paths: Path) -> dict[str, Any]:
        outcome = run_featser("predict", model_path, *paths, "--json")
        result: dict[str, Any] = json.loads(outcome.stdout)["results"][0]
        return result

    return run


def same(shown: dict[str, Any], expected: dict[str, Any]) -> bool:
    keys = ("emotion", "probabilities", "start_s", "end_s", "flags", "set", "p_value")
    return all(shown[key] == expected[key] for key in keys)


def test_uploads_are_answered_like_the_command(page: Page, spoken: Path, predict: Predict, tmp_path: Path) -> None:
    samples, rate = soundfile.read(spoken)
    mp3 = tmp_path / "spoken.mp3"
    soundfile.write(mp3, samples, rate, format="MP3")
    page.set_input_files("#files", [spoken, mp3])
    wait(page, 2)
    results = json.loads(saved(page, "JSON").read_text())["results"]
    assert all(same(shown, predict(path)) for shown, path in zip(results, (spoken, mp3), strict=True))
    for article, path in zip(page.locator("article").all(), (mp3, spoken), strict=True):
        expected = predict(path)
        assert article.locator(".emotion strong").inner_text() == (expected["emotion"] or "no answer")
        numbers = article.locator(".answer > .bars tbody tr").all_inner_texts()
        assert len(numbers) == len(expected["probabilities"])
        assert f"{max(expected['probabilities'].values()):.3f}" in numbers[0]
    rows = list(csv.DictReader(saved(page, "CSV").read_text().splitlines()))
    assert [row["emotion"] for row in rows] == [each["emotion"] or "" for each in results]
    assert [float(row["p_anger"]) for row in rows] == [each["probabilities"]["anger"] for each in results]


def test_webm_is_decoded_by_the_browser(page: Page, spoken: Path, predict: Predict, tmp_path: Path) -> None:
    webm = base64.b64decode(page.evaluate(TO_WEBM, base64.b64encode(spoken.read_bytes()).decode()))
    page.set_input_files("#files", [{"name": "spoken.webm", "mimeType": "video/webm", "buffer": webm}])
    wait(page, 1)
    wav = shutil.copy(saved(page, "Save WAV"), tmp_path / "spoken.wav")
    result = json.loads(saved(page, "JSON").read_text())["results"][0]
    assert same(result, predict(Path(wav)))
    assert result["end_s"] == pytest.approx(soundfile.info(spoken).duration, abs=0.2)


def test_the_microphone_is_recorded_unprocessed(page: Page, predict: Predict, tmp_path: Path) -> None:
    page.evaluate("""() => {
      const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await original(wanted);
        window.heard = stream.getAudioTracks()[0].getSettings();
        return stream;
      };
    }""")
    page.get_by_role("button", name="Record", exact=True).click()
    playwright.expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Stop").click()
    wait(page, 1)
    switches = ("echoCancellation", "noiseSuppression", "autoGainControl")
    settings = page.evaluate("() => window.heard")
    assert [settings[name] for name in switches] == [False] * 3
    wav = shutil.copy(saved(page, "Save WAV"), tmp_path / "recorded.wav")
    assert np.abs(soundfile.read(wav)[0]).max() > 0.01
    assert same(json.loads(saved(page, "JSON").read_text())["results"][0], predict(Path(wav)))


def test_two_sentences_adapt_the_answers(page: Page, spoken: Path) -> None:
    page.set_input_files("#files", [spoken])
    wait(page, 1)
    assert page.locator("[data-flag=inductive]").count() == 1
    page.locator("#voice > summary").click()
    for _ in range(2):
        page.get_by_role("button", name="Read it aloud").click()
        playwright.expect(page.get_by_role("button", name="Stop")).to_be_visible()
        page.wait_for_timeout(4500)
        page.get_by_role("button", name="Stop").click()
        playwright.expect(page.get_by_role("button", name="Read it aloud")).to_be_visible()
    wait(page, 1)
    playwright.expect(page.locator("[data-flag=inductive]")).to_have_count(0, timeout=30_000)
    assert page.locator("#voice-state").inner_text() == "on, 4 clips"
    page.get_by_role("button", name="Forget the voice").click()
    wait(page, 1)
    assert page.locator("[data-flag=inductive]").count() == 1


def test_junk_gets_a_message_and_the_page_goes_on(page: Page, spoken: Path, tmp_path: Path) -> None:
    text, webm, large = tmp_path / "notes.txt", tmp_path / "broken.webm", tmp_path / "large.wav"
    text.write_text("no audio")
    webm.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(100))
    large.write_bytes(bytes(42_000_000))
    page.set_input_files("#files", [text, webm])
    page.set_input_files("#files", [large])
    page.set_input_files("#files", [spoken])
    wait(page, 4)
    told = page.locator("article .alarm").all_inner_texts()
    assert told == [
        "The file is larger than 40 MB. Cut it, or convert it to .flac or .mp3.",
        "This browser cannot decode the file. Convert it to .wav and send that.",
        "Cannot use notes.txt: text, not audio.",
    ]
    assert page.locator("article .emotion").count() == 1


def test_ten_minutes_show_a_timeline(page: Page, spoken: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(spoken, dtype="int16")
    long = tmp_path / "long.wav"
    once = np.concatenate([samples, np.zeros(rate // 2, np.int16)])
    soundfile.write(long, np.tile(once, 600 * rate // len(once)), rate)
    page.set_input_files("#files", [long])
    wait(page, 1)
    playwright.expect(page.locator("figure.timeline canvas")).to_be_visible()
    timeline = json.loads(saved(page, "JSON").read_text())["results"][0]["timeline"]
    assert len(timeline["windows"]) > 100
    assert page.locator("figure.timeline tbody tr").count() == len(timeline["segments"])


def test_it_works_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="Record", exact=True).focus()
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.wait_for_timeout(1000)
    page.keyboard.press("Enter")
    wait(page, 1)
    assert "Emotion" not in page.locator("#status").inner_text()
    assert "recording-1.wav, voices: " in page.locator("#status").inner_text()
    for button in page.get_by_role("button").all():
        assert button.get_attribute("aria-label") or button.inner_text().strip()
    for canvas in page.locator("canvas").all():
        assert "pitch" in canvas.get_attribute("aria-label")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen(page: Page, spoken: Path, size: str, scheme: str, tmp_path: Path) -> None:
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme=scheme)
    page.set_input_files("#files", [spoken])
    wait(page, 1)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    page.screenshot(path=tmp_path / f"{size}-{scheme}.png", full_page=True)
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(24, 27, 31)"}[scheme]

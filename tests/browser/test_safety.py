"""Weight, hostile names, and living inside other sites."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import ATTACK, Watch
from tests.browser.test_question import ANSWERED, open_page

MAX_BYTES = 450 * 1024
MAX_READY_MS = 2000
LOADS = 6


class Quiet(SimpleHTTPRequestHandler):
    """Serves a directory without a line a request on standard error."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_the_first_load_is_light_and_soon_usable(page: Page, site: str) -> None:
    page.goto(f"{site}/fiche")  # the server has read its templates; the browser has kept nothing of the page's code
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    received: dict[str, float] = {}
    served: dict[str, str] = {}

    def on_response(event: dict[str, Any]) -> None:
        served[event["requestId"]] = event["response"]["url"]

    def on_finished(event: dict[str, Any]) -> None:
        received[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.responseReceived", on_response)
    session.on("Network.loadingFinished", on_finished)
    open_page(page, f"{site}/")
    page.locator("body[data-map-idle]").wait_for()
    worker = page.request.get(
        site + page.evaluate("JSON.parse(document.getElementById('page-donnees').textContent).worker")
    )
    code = sum(size for key, size in received.items() if ".mvt" not in served.get(key, ".mvt"))
    whole = code + int(worker.headers["content-length"])
    assert worker.headers["content-encoding"] == "gzip"
    assert 100_000 < whole <= MAX_BYTES, {served[key]: received[key] for key in received if key in served}
    # other work on the machine delays one load, not each of several: the best one is the page's own time
    ready_ms = [page.evaluate("performance.getEntriesByName('ready')[0].startTime")]
    while min(ready_ms) >= MAX_READY_MS and len(ready_ms) < LOADS:
        open_page(page, f"{site}/")
        ready_ms.append(page.evaluate("performance.getEntriesByName('ready')[0].startTime"))
    assert min(ready_ms) < MAX_READY_MS, ready_ms


def test_names_that_are_scripts_stay_text_everywhere(page: Page, hostile_site: str, watch: Watch) -> None:
    watch.own = (hostile_site,)
    open_page(page, f"{hostile_site}/")
    page.get_by_label("Où souhaitez-vous exercer").press_sequentially("cher")
    expect(page.locator("#suggestions [role=option]").first).to_contain_text("<script>")
    page.locator("#suggestions [role=option]").first.click()
    expect(page.locator(ANSWERED)).to_contain_text(ATTACK)
    page.locator("body[data-map-idle]").wait_for()
    for path in (
        "/?lon=2.25&lat=46.05",
        "/fiche?lon=2.25&lat=46.05",
        "/comparer?lieu=point:2.25,46.05",
        "/comparer?lieu=<script>x</script>",
    ):
        page.goto(hostile_site + path)
        expect(page.locator("main")).to_contain_text("script>")
        assert page.evaluate("document.body.dataset.owned ?? null") is None
    plan = page.request.get(f"{hostile_site}/fiche/plan.svg?lon=2.25&lat=46.05").text()
    assert "<script" not in plan
    assert "&lt;script" in plan


def test_the_web_component_lives_in_another_site(page: Page, site: str, watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Hôte</title><link rel="icon" href="data:,">
        <script type="module" src="{site}/static/zonage-sante.js"></script></head>
        <body><zonage-sante citycode="09122" profession="medecin" height="600"></zonage-sante></body></html>""",
        encoding="utf-8",
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as other:
        thread = threading.Thread(target=other.serve_forever, daemon=True)
        thread.start()
        host = f"http://127.0.0.1:{other.server_port}/"
        watch.own = (site, host)
        page.goto(host)
        frame = page.frame_locator("zonage-sante iframe")
        expect(frame.locator(ANSWERED)).to_contain_text("Foix")
        expect(frame.locator("header.site")).to_have_count(0)
        expect(page.locator("zonage-sante iframe")).to_have_css("height", "600px")
        other.shutdown()


def test_every_page_forbids_inline_code_and_frames_no_other(page: Page, site: str) -> None:
    for path in ("/", "/fiche", "/comparer", "/zonages", "/aides", "/a-propos", "/aides/caim"):
        response = page.request.get(site + path)
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert not any(word in policy for word in ("unsafe", "blob:", "*", "http"))
        html = response.text()
        assert " style=" not in html
        assert "<style" not in html
        assert not [
            tag
            for tag in html.split("<script")[1:]
            if "src=" not in tag.split(">")[0] and "application/json" not in tag.split(">")[0]
        ]

"""The real application behind a real port, looked at by a real Chromium. Every page is watched: no error, no third party."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, BrowserType, ConsoleMessage, Page, Request, expect

from app.api.page_frame import built
from app.ingest.write import write_bundle
from app.main import create_app
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
WEBGL = ("--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader", "--lang=fr-FR")  # fmt: skip
WAIT_MS = 90_000
"""How long a signal may take before its absence is a failure: a loaded machine draws a map without a GPU in half a minute."""
expect.set_options(timeout=WAIT_MS)
WATCH_CSP = """
window.__refused = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.__refused.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


def missing(what: str) -> None:
    """In CI everything must be there; on a desk the test is skipped, visibly."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing("chromium is absent: apt-get install chromium")
    if built() is None:
        missing("the page is not built: install node, then `uv pip install --no-deps -e .`")
    return {"executable_path": chromium, "chromium_sandbox": False, "args": list(WEBGL)}


@pytest.fixture(scope="session")
def base_url() -> str:
    """Tests name whole addresses. (The plugin's own fixture of this name warns under pytest 9.)"""
    return ""


@contextlib.contextmanager
def serving(**environment: str) -> Iterator[str]:
    """The application on a free port, in a thread; yields its address once it is ready."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        app = create_app(Settings())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.02)
        assert server.started, "the server did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The embedded data, as `make run` serves it."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bundle whose names are attacks."""
    bundle = tmp_path_factory.mktemp("hostile") / "bundle"
    write_bundle(hostile_content(), bundle)
    with serving(
        ZONAGE_DATA_DIR=str(bundle), ZONAGE_CACHE_DIR=str(tmp_path_factory.mktemp("hostile-cache"))
    ) as address:
        yield address


ATTACK = "<script>document.body.dataset.owned='yes'</script>"


def hostile_content() -> Any:
    """The small hand-drawn France of tests/conftest.py, with a script as the name of a commune and of a district."""
    spec = importlib.util.spec_from_file_location("drawn_france", ROOT / "tests" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    drawn = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawn)
    content = drawn.small_content()
    communes = [replace(c, name=f"Cher {ATTACK}") if c.insee_code == "03003" else c for c in content.communes]
    vintages = [
        replace(v, outlines=[replace(o, label=f"Quartier {ATTACK}") for o in v.outlines]) if v.outlines else v
        for v in content.vintages
    ]
    return replace(content, communes=communes, vintages=vintages)


class Watch:
    """What a page did besides its work: errors, refusals of its policy, calls to others."""

    def __init__(self, own: tuple[str, ...]) -> None:
        self.own = own
        self.errors: list[str] = []
        self.third_parties: list[str] = []
        self.expects_failures = False

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.on_console)
        page.on("request", self.on_request)

    def on_console(self, message: ConsoleMessage) -> None:
        """Failed loads are named by the browser as errors: only a test that provokes them may have some."""
        if message.type == "error" and not (self.expects_failures and "Failed to load resource" in message.text):
            self.errors.append(message.text)

    def on_request(self, request: Request) -> None:
        if not request.url.startswith((*self.own, "data:", "blob:")):
            self.third_parties.append(request.url)


@pytest.fixture
def watch(site: str) -> Watch:
    return Watch((site,))


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "locale": "fr-FR",
        "viewport": {"width": 1280, "height": 900},
        "accept_downloads": True,
    }


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.add_init_script(WATCH_CSP)
    context.set_default_timeout(WAIT_MS)
    return context


@pytest.fixture
def page(page: Page, watch: Watch) -> Iterator[Page]:
    """A page whose every request and error is kept; the test fails if one is not ours, or if the policy refused anything."""
    watch.follow(page)
    yield page
    refused = [] if page.is_closed() or page.url == "about:blank" else page.evaluate("window.__refused ?? []")
    cookies = page.context.cookies()
    assert watch.third_parties == []
    assert refused == []
    assert watch.errors == []
    assert cookies == []


@pytest.fixture(scope="session")
def browser_without_webgl(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    arguments = [flag for flag in WEBGL if "swiftshader" not in flag]
    launched = browser_type.launch(**{**browser_type_launch_args, "args": [*arguments, "--disable-3d-apis"]})
    yield launched
    launched.close()

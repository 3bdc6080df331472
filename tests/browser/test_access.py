"""Reach: keyboard alone, narrow screens, zoom, dark, print, and axe on every page."""

from __future__ import annotations

import re
import zlib

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_question import ANSWERED, open_page

PAGES = (
    "/", "/?citycode=09122&date=2026-11-23", "/fiche", "/fiche?citycode=75120", "/comparer",
    "/comparer?lieu=insee:09122&lieu=insee:75120", "/zonages", "/aides", "/aides/caim", "/aides/am-primo-zip", "/a-propos",
    "/?citycode=09122&integre=1",
)  # fmt: skip
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def settle(page: Page, address: str) -> None:
    page.goto(address)
    if page.locator("#map").count():
        page.locator("body[data-ready]").wait_for()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(page: Page, site: str, path: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page, f"{site}{path}")
        found = Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
        told = [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found.response["violations"]]
        assert told == [], scheme


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_scrolls_sideways_at_320_pixels_nor_at_200_percent(page: Page, site: str, width: int) -> None:
    """640 CSS pixels is a window of 1280 at 200 %."""
    page.set_viewport_size({"width": width, "height": 640})
    for path in PAGES:
        settle(page, f"{site}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_keyboard_alone_asks_answers_and_precises(page: Page, site: str) -> None:
    open_page(page, f"{site}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    field = page.get_by_role("combobox", name="Où souhaitez-vous exercer")
    expect(field).to_be_focused()
    page.keyboard.type("foix")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    assert chosen is not None
    expect(page.locator(f"#{chosen}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator(ANSWERED)).to_be_focused()
    expect(page.locator(ANSWERED)).to_contain_text("ZAC")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".given")).to_be_visible()


def test_links_inside_the_answer_move_the_reader_and_ask_nothing(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/reponse" in request.url else None)
    open_page(page, f"{site}/?citycode=09122#carte=9/42.9657/1.6053")
    page.get_by_role("navigation", name="Dans cette réponse").get_by_role("link", name="Aides").click()
    expect(page.locator("#aides-titre")).to_be_focused()
    expect(page.locator("#aides-titre")).to_be_in_viewport()
    page.get_by_role("link", name="répondez aux questions").click()
    expect(page.locator("#questions-titre")).to_be_focused()
    assert "#carte=" in page.url
    assert asked == []


def test_no_motion_when_it_is_not_wanted(page: Page, site: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_page(page, f"{site}/")
    assert page.locator(".main-action").evaluate("button => getComputedStyle(button).transitionDuration") == "0s"
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_the_printed_sheet_has_the_plan(page: Page, site: str) -> None:
    page.goto(f"{site}/fiche?citycode=09122&date=2026-11-23")
    page.emulate_media(media="print")
    expect(page.locator(".plan svg")).to_be_visible()
    expect(page.locator(".site")).to_be_hidden()
    printed = page.pdf(format="A4")
    drawn = b"".join(_streams(printed))
    # colours of the plan that nothing else on the sheet uses: the sea behind it, and the class of the surroundings (ZAC)
    for red, green, blue in ((0xDF, 0xE8, 0xEC), (0xEA, 0xB0, 0x4E)):
        assert _fills(drawn, red, green, blue), (red, green, blue)


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match.group(1)))
        except zlib.error:
            continue
    return found


def _fills(drawn: bytes, *colour: int) -> bool:
    """Whether a content stream sets this fill colour (`r g b rg`, 0 to 1), or a picture of a pattern holds it."""
    if bytes(colour) * 3 in drawn:
        return True
    for match in re.finditer(rb"([\d.]+) ([\d.]+) ([\d.]+) rg", drawn):
        if all(abs(float(part) - wanted / 255) < 0.004 for part, wanted in zip(match.groups(), colour, strict=True)):
            return True
    return False

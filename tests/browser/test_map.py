"""The map: what it draws on a day, how it is steered, and what remains without it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_question import ANSWERED, open_page


def wait_drawn(page: Page, zoning: str) -> None:
    page.locator(f"body[data-map-idle^='{zoning} ']").wait_for()


def test_the_date_slider_changes_zrr_to_frr(page: Page, site: str) -> None:
    tiles: list[str] = []
    page.on("request", lambda request: tiles.append(request.url) if ".mvt" in request.url else None)
    open_page(page, f"{site}/?citycode=09122&date=2024-06-30")
    page.get_by_label("Zonage affiché").select_option("rural")
    wait_drawn(page, "zrr")
    expect(page.locator("#legende")).to_contain_text("ZRR")
    assert any("/tiles/zrr/" in url and "date=2024-06-30" in url for url in tiles)
    slider = page.get_by_label("Au ", exact=False).and_(page.locator("#jour"))
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator("#jour-dit")).to_have_text("1er juillet 2024")
    wait_drawn(page, "frr")
    expect(page.locator("#legende")).to_contain_text("FRR")
    assert any("/tiles/frr/" in url and "date=2024-07-01" in url for url in tiles)
    expect(page.get_by_label("À la date du")).to_have_value("2024-07-01")
    expect(page.locator(ANSWERED)).to_contain_text("Au 01/07/2024")


def test_the_legend_has_a_pattern_beside_each_colour_and_controls_are_french(page: Page, site: str) -> None:
    open_page(page, f"{site}/?citycode=09122")
    wait_drawn(page, "doctors")
    rows = page.locator("#legende li")
    expect(rows.first).to_have_text("Zone d'intervention prioritaire (ZIP)")
    pictures = rows.locator("img").evaluate_all("images => images.map(image => image.src)")
    assert len(set(pictures)) == len(pictures) == 6
    expect(page.get_by_role("button", name="Zoomer", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Dézoomer")).to_be_visible()
    opacity = page.get_by_label("Opacité du zonage")
    opacity.fill("20")
    expect(opacity).to_have_value("20")


def test_the_map_is_steered_and_asked_by_keyboard(page: Page, site: str) -> None:
    open_page(page, f"{site}/#carte=11/42.9657/1.6053")
    wait_drawn(page, "doctors")
    page.locator("#map canvas").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: "#carte=" in url and "1.6053" not in url)
    page.keyboard.press("Enter")
    expect(page.locator(ANSWERED)).to_contain_text("zone")
    assert "lon=" in page.url


def test_without_webgl_answer_list_and_plan_remain(browser_without_webgl: Browser, site: str) -> None:
    context = browser_without_webgl.new_context(locale="fr-FR")
    try:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_page(page, f"{site}/?citycode=09122")
        expect(page.get_by_text("La carte ne peut pas s'afficher ici")).to_be_visible()
        expect(page.locator("#carte")).to_be_hidden()
        expect(page.locator(ANSWERED)).to_contain_text("ZAC")
        plan = page.get_by_role("img", name="Plan autour de Foix")
        expect(plan).to_be_visible()
        assert plan.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert errors == []
    finally:
        context.close()


@pytest.mark.parametrize(
    "cut", ["**/static/assets/map-worker-*.js", "**/static/assets/view-*.js", "**/tiles/base.json"]
)
def test_a_map_whose_pieces_do_not_come_gives_way_and_comes_back(page: Page, site: str, watch: Watch, cut: str) -> None:
    watch.expects_failures = True
    page.context.route(cut, lambda route: route.abort())
    open_page(page, f"{site}/?citycode=09122")
    expect(page.get_by_text("La carte n'a pas pu être chargée.")).to_be_visible()
    expect(page.locator("#carte")).to_be_hidden()
    expect(page.locator(ANSWERED)).to_contain_text("ZAC")
    plan = page.get_by_role("img", name="Plan autour de Foix")
    assert plan.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.context.unroute(cut)
    page.get_by_role("button", name="Afficher la carte").click()
    wait_drawn(page, "doctors")
    expect(page.locator("#sans-carte")).to_be_hidden()

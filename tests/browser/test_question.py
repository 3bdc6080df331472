"""Asking and being answered, in a real browser."""

from __future__ import annotations

import contextlib
import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch, serving

ANSWERED = "#reponse-titre"


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("body[data-ready]").wait_for()


def test_choosing_a_suggestion_answers_at_once_in_main(page: Page, site: str) -> None:
    open_page(page, f"{site}/")
    page.get_by_label("Où souhaitez-vous exercer").press_sequentially("foix")
    option = page.get_by_role("listbox", name="Adresses proposées").get_by_role("option").first
    expect(option).to_contain_text("Foix")
    option.click()
    expect(page.locator("main " + ANSWERED)).to_contain_text(
        "Foix est en zone d'action complémentaire (ZAC) pour les médecins"
    )
    expect(page.locator(ANSWERED)).to_be_focused()
    assert "citycode=09122" in page.url
    assert "profession=medecin" in page.url
    expect(page.locator("article[data-zoning='doctors'] .state")).to_have_text("Oui")
    expect(page.locator("article[data-aid]").first).to_contain_text("Contact")


def test_a_free_address_and_enter_answer_too(page: Page, site: str) -> None:
    open_page(page, f"{site}/")
    field = page.get_by_label("Où souhaitez-vous exercer")
    field.fill("32000 Auch")
    field.press("Enter")
    expect(page.locator(ANSWERED)).to_contain_text("Auch")


def test_a_click_on_the_map_answers(page: Page, site: str) -> None:
    open_page(page, f"{site}/#carte=11/42.9657/1.6053")
    page.locator("body[data-map-idle]").wait_for()
    page.locator("#map canvas").click(position={"x": 420, "y": 300})
    expect(page.locator(".where")).to_contain_text("Point sur la carte")
    assert "lon=" in page.url
    assert "lat=" in page.url


def test_my_position_answers(page: Page, site: str) -> None:
    page.context.grant_permissions(["geolocation"], origin=site)
    page.context.set_geolocation({"longitude": 1.6053, "latitude": 42.9657, "accuracy": 250})
    open_page(page, f"{site}/")
    page.get_by_role("button", name="Ma position").click()
    expect(page.locator(ANSWERED)).to_contain_text("ZAC")
    expect(page.locator(".where")).to_contain_text("Position à 250 m près")
    assert "uncertainty_m=250" in page.url
    drawn = page.evaluate("JSON.parse(document.getElementById('reponse-donnees').textContent).place.uncertainty_m")
    assert drawn == 250  # the map's disc of doubt


def test_a_position_too_vague_is_refused_with_words(page: Page, site: str) -> None:
    page.context.grant_permissions(["geolocation"], origin=site)
    page.context.set_geolocation({"longitude": 1.6053, "latitude": 42.9657, "accuracy": 25_000})
    open_page(page, f"{site}/")
    page.get_by_role("button", name="Ma position").click()
    expect(page.locator(ANSWERED)).to_have_text("Votre position est trop imprécise.")


def test_a_missing_fact_is_asked_then_kept_and_can_be_taken_back(page: Page, site: str) -> None:
    open_page(page, f"{site}/?citycode=09122&date=2026-11-23")
    form = page.locator(".questions")
    expect(form).to_contain_text("première installation en libéral")
    form.get_by_role("group", name="première installation en libéral").get_by_label("Oui").check()
    with page.expect_response(lambda r: "/reponse?" in r.url and r.ok):
        form.get_by_role("button", name="Mettre à jour").click()
    given = page.locator(".given")
    expect(given).to_contain_text("première installation en libéral conventionné ? oui")
    assert "first_installation=true" in page.url
    expect(page.locator(".questions")).not_to_contain_text("première installation en libéral")
    given.get_by_role("link", name="Retirer").click()
    expect(page.locator(".questions")).to_contain_text("première installation en libéral")
    assert "first_installation" not in page.url


def test_an_open_aid_shows_its_amount_ticks_law_and_contact(page: Page, site: str) -> None:
    facts = "sector=1&days_per_week=4&group=pluri&pdsa=true&first_installation=true"
    open_page(
        page,
        f"{site}/?lon=1.7386&lat=42.9310&profession=medecin&specialty=mg&status=installing&date=2025-06-01&{facts}",
    )
    expect(page.locator(ANSWERED)).to_contain_text("zone d'intervention prioritaire (ZIP)")
    card = page.locator("article[data-aid='caim']")
    expect(card.locator(".state")).to_have_text("Oui")
    expect(card.locator(".money")).to_contain_text("50\u202f000\u00a0€")
    expect(card.locator(".arithmetic")).to_contain_text("12\u202f500")
    expect(card.get_by_label("Rempli").first).to_be_visible()
    expect(card.locator(".source")).to_contain_text("Convention médicale du 25 août 2016")
    expect(card.locator(".source")).to_contain_text("vérifié le")
    expect(page.locator(".sum")).to_contain_text("aide")


def test_a_permalink_gives_back_the_whole_question(page: Page, site: str) -> None:
    address = f"{site}/?citycode=32013&profession=infirmier&status=installed&date=2024-03-15&coordinated=cpts,msp"
    open_page(page, address)
    expect(page.get_by_label("Profession", exact=True)).to_have_value("infirmier")
    expect(page.get_by_label("Situation", exact=True)).to_have_value("installed")
    expect(page.get_by_label("À la date du")).to_have_value("2024-03-15")
    told = page.locator(ANSWERED).inner_text()
    assert told.startswith("Au 15/03/2024")
    page.get_by_label("Situation", exact=True).select_option("installing")
    expect(page.locator(".where")).to_contain_text("je m'installe")
    assert "coordinated=cpts%2Cmsp" in page.url
    page.go_back()
    expect(page.locator(".where")).to_contain_text("je suis déjà installé(e)")
    expect(page.get_by_label("Situation", exact=True)).to_have_value("installed")
    assert page.locator(ANSWERED).inner_text() == told


def test_the_copied_link_is_the_whole_question(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    open_page(page, f"{site}/?citycode=09122&date=2026-01-31&sector=2-optam")
    page.get_by_role("button", name="Copier le lien").click()
    expect(page.locator("#etat")).to_have_text("Lien copié.")
    link = page.evaluate("() => navigator.clipboard.readText()")
    for part in (
        "citycode=09122",
        "profession=medecin",
        "specialty=mg",
        "status=installing",
        "date=2026-01-31",
        "sector=2-optam",
    ):
        assert part in link


def test_the_answer_is_saved_as_csv_geojson_and_image(page: Page, site: str, tmp_path: Path) -> None:
    open_page(page, f"{site}/?citycode=09122&date=2026-11-23")
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").click()
    caught.value.save_as(tmp_path / "foix.csv")
    raw = (tmp_path / "foix.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    doctors = next(row for row in rows if row["identifiant"] == "doctors")
    assert (doctors["état"], doctors["code"]) == ("oui", "ZAC")
    assert any(row["rubrique"] == "aide" for row in rows)

    with page.expect_download() as caught:
        page.get_by_role("button", name="GeoJSON").click()
    caught.value.save_as(tmp_path / "foix.geojson")
    layer = json.loads((tmp_path / "foix.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["role"] for f in layer["features"]][:2] == ["lieu", "autour"]

    with page.expect_download() as caught:
        page.get_by_role("button", name="Image à partager").click()
    caught.value.save_as(tmp_path / "foix.png")
    head = (tmp_path / "foix.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (1200, 630)


def test_an_unknown_place_is_told_with_places_perhaps_meant(page: Page, site: str, watch: Watch) -> None:
    watch.expects_failures = True
    open_page(page, f"{site}/")
    field = page.get_by_label("Où souhaitez-vous exercer")
    field.fill("zzqx wkjh")
    field.press("Enter")
    expect(page.locator(ANSWERED)).to_have_text("Lieu introuvable.")
    expect(page.locator("#reponse")).to_contain_text("Vérifiez la commune")


def test_a_point_at_sea_is_told_to_be_outside_france(page: Page, site: str, watch: Watch) -> None:
    watch.expects_failures = True
    open_page(page, f"{site}/?lon=-20&lat=30")
    expect(page.locator(ANSWERED)).to_have_text("Ce point n'est pas en France.")


def test_outside_the_installed_data_the_page_says_how_to_install(page: Page, site: str) -> None:
    open_page(page, f"{site}/?citycode=29019")
    expect(page.locator(ANSWERED)).to_contain_text("On ne peut pas dire")
    expect(page.locator("#reponse .notice")).to_contain_text("zonage data build")
    expect(page.locator("article[data-zoning='doctors'] .state")).to_have_text("À vérifier")


def test_when_the_service_is_gone_the_page_says_so_and_tries_again(page: Page, site: str, watch: Watch) -> None:
    watch.expects_failures = True
    open_page(page, f"{site}/?citycode=09122")
    page.locator("body[data-map-idle^='doctors ']").wait_for()
    page.context.set_offline(True)
    page.get_by_label("Profession", exact=True).select_option("infirmier")
    expect(page.locator(ANSWERED)).to_have_text("Le service ne répond pas.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Réessayer").click()
    expect(page.locator(ANSWERED)).to_contain_text("Foix")


def test_while_the_answer_is_on_its_way_the_page_says_so_and_the_last_question_wins(page: Page, site: str) -> None:
    held: list[Route] = []
    open_page(page, f"{site}/?citycode=09122")
    page.route("**/reponse?*profession=infirmier*", lambda route: held.append(route))
    page.get_by_label("Profession", exact=True).select_option("infirmier")
    expect(page.locator("#etat")).to_have_text("Recherche…")
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    page.get_by_label("Profession", exact=True).select_option("sage-femme")
    expect(page.locator(ANSWERED)).to_contain_text("sages-femmes")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    for route in held:  # too late: the page cancelled it
        with contextlib.suppress(PlaywrightError):
            route.continue_()
    expect(page.locator(ANSWERED)).to_contain_text("sages-femmes")


def test_a_refusal_by_rate_says_to_wait(page: Page, watch: Watch) -> None:
    watch.expects_failures = True
    with serving(ZONAGE_RATE_LIMIT="60/hour") as strict:
        watch.own = (strict,)
        open_page(page, f"{strict}/?citycode=09122")
        spent = next((n for n in range(80) if page.request.get(f"{strict}/v1/limits").status == 429), None)
        assert spent is not None
        page.get_by_label("Profession", exact=True).select_option("infirmier")
        expect(page.locator(ANSWERED)).to_have_text("Trop de demandes à la fois.")
        page.goto("about:blank")


@pytest.mark.parametrize("path", ["/", "/fiche"])
def test_without_script_the_form_still_answers(page: Page, site: str, path: str) -> None:
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    try:
        plain = context.new_page()
        plain.goto(f"{site}{path}")
        plain.get_by_label("Où souhaitez-vous exercer").fill("Foix")
        plain.get_by_label("Profession", exact=True).select_option("masseur-kinesitherapeute")
        plain.get_by_role("button", name="Chercher" if path == "/" else "Établir la fiche").click()
        expect(plain.locator(ANSWERED)).to_contain_text("Foix")
        expect(plain.locator(ANSWERED)).to_contain_text("masseurs-kinésithérapeutes")
    finally:
        context.close()

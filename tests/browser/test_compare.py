"""Comparing places and ranking a file."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_question import open_page


def test_places_stand_side_by_side_with_differences_in_bold(page: Page, site: str) -> None:
    open_page(page, f"{site}/comparer?lieu=insee:09122&lieu=insee:75120")
    table = page.locator(".compare table")
    expect(table.locator("thead th")).to_have_count(3)
    frr = table.locator("tr", has_text="France ruralités revitalisation (FRR)").first
    expect(frr).to_have_class("differs")
    assert int(frr.locator("td").first.evaluate("cell => getComputedStyle(cell).fontWeight")) >= 700
    same = table.locator("tr", has_text="Zonage médecins").first
    expect(same).not_to_have_class("differs")
    expect(table.locator("tr.sums td")).to_have_count(2)


def test_places_are_added_by_address_by_list_and_removed(page: Page, site: str, watch: Watch) -> None:
    open_page(page, f"{site}/comparer")
    page.get_by_role("combobox", name="Ajouter un lieu").press_sequentially("auch")
    page.locator("#suggestions [role=option]").first.click()
    expect(page.locator("#comparaison-titre")).to_have_text("1 lieu")
    page.get_by_label("Coller une liste").fill("09000 Foix\n65000 Tarbes\nzzqx wkjh\n")
    page.get_by_role("button", name="Comparer cette liste").click()
    expect(page.locator("#comparaison-titre")).to_have_text("4 lieux")
    expect(page.locator(".places li").nth(3)).to_contain_text("Lieu introuvable.")
    page.get_by_role("link", name="Retirer zzqx wkjh").click()
    expect(page.locator("#comparaison-titre")).to_have_text("3 lieux")
    assert page.url.count("lieu=") == 3
    page.reload()
    expect(page.locator("#comparaison-titre")).to_have_text("3 lieux")


def test_a_click_on_the_map_adds_a_place(page: Page, site: str) -> None:
    open_page(page, f"{site}/comparer?lieu=insee:09122#carte=11/42.9657/1.6053")
    page.locator("body[data-map-idle]").wait_for()
    page.locator("#map canvas").click(position={"x": 600, "y": 150})
    expect(page.locator("#comparaison-titre")).to_have_text("2 lieux")


def test_a_csv_of_candidates_is_ranked(page: Page, site: str) -> None:
    open_page(page, f"{site}/comparer?date=2026-11-23")
    table = "id;adresse;code_insee\nA;;75104\nB;;09122\nC;32000 Auch;\nD;;\n"
    page.get_by_label("Fichier CSV").set_input_files(
        {"name": "candidats.csv", "mimeType": "text/csv", "buffer": table.encode("windows-1252")}
    )
    ranking = page.locator("#classement")
    expect(ranking.locator("tbody tr")).to_have_count(3)
    expect(page.locator("#avancement-mots")).to_have_text("3 lieux traités.")
    scores = [float(text.replace(",", ".")) for text in ranking.locator("tbody td:nth-child(3)").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    expect(ranking.locator(".notice")).to_contain_text("ligne 5")
    with page.expect_download() as caught:
        ranking.get_by_role("button", name="Enregistrer ce classement").click()
    assert caught.value.suggested_filename == "zonage-classement.csv"


def test_a_file_without_places_is_refused_with_words(page: Page, site: str) -> None:
    open_page(page, f"{site}/comparer")
    page.get_by_label("Fichier CSV").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"a;b\n1;2\n"})
    expect(page.get_by_role("alert")).to_contain_text("Aucune colonne ne nomme un lieu")

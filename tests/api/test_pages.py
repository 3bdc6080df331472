"""The pages as text: what they say, in which status, without a browser."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from app.api.page_answer import present
from app.api.page_frame import map_page_headers, policy

PAGES = ("/", "/fiche", "/comparer", "/zonages", "/aides", "/a-propos")


class Text(HTMLParser):
    """The text of a page, without its data blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.is_hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_hidden = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.is_hidden = False

    def handle_data(self, data: str) -> None:
        if not self.is_hidden:
            self.parts.append(data)


def text_of(html: str) -> str:
    reader = Text()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.parts)).replace(" .", ".")


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_french_has_one_h1_and_a_main(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert '<html lang="fr">' in response.text
    assert response.text.count("<h1") == 1
    assert response.text.count("<main") == 1


def test_every_aid_has_its_page(client: TestClient) -> None:
    aids = client.get("/v1/aids").json()["aids"]
    assert len(aids) > 20
    for aid in aids:
        page = client.get(f"/aides/{aid['id']}")
        assert page.status_code == 200, aid["id"]
        assert text_of(page.text).count("Historique et sources") == 1


def test_the_sheet_says_what_the_api_says(client: TestClient) -> None:
    question = "citycode=09122&profession=medecin&specialty=mg&status=installing&date=2026-11-23"
    answer = client.get(f"/v1/assess?{question}").json()
    sheet = client.get(f"/fiche?{question}")
    said = text_of(sheet.text)
    for offer in answer["offers"]:
        assert offer["label"] in said
    assert f"données {answer['data_version']}" in said
    assert "Seule la décision de l'organisme compétent fait foi" in said
    assert "<svg" in sheet.text
    assert "Plan autour de Foix" in sheet.text


def test_without_a_profession_a_general_practitioner_who_installs_is_told_of(client: TestClient) -> None:
    said = text_of(client.get("/fiche?citycode=09122").text)
    assert "Médecin généraliste, je m'installe" in said


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/?address=zzqx+wkjh", 404, "Lieu introuvable."),
        ("/?lon=-20&lat=30", 404, "Ce point n'est pas en France."),
        ("/?citycode=99999", 404, "Aucune fiche à ce nom."),
        ("/?citycode=abc", 422, "Corrigez le code INSEE"),
        ("/?citycode=09122&date=2026-13-45", 422, "Corrigez la date"),
        ("/?lon=1", 422, "La question n'est pas lisible."),
        ("/?citycode=09122&lon=1&lat=43", 422, "La question n'est pas lisible."),
        ("/?citycode=09122&sector=9", 422, "La question n'est pas lisible."),
        ("/fiche?lon=nan&lat=nan", 422, "La question n'est pas lisible."),
        ("/aides/nope", 404, "Aucune fiche à ce nom."),
        ("/fiche/plan.svg?address=zzqx+wkjh", 404, "Lieu introuvable."),
    ],
)
def test_troubles_are_pages_in_french_with_their_status(client: TestClient, path: str, status: int, words: str) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert words in text_of(response.text)


def test_what_the_caller_wrote_never_becomes_code(client: TestClient) -> None:
    attack = '"><script>alert(1)</script>'
    for path in ("/", "/fiche", "/reponse", "/comparer", "/comparer/tableau", "/aides"):
        for name in ("address", "lieu", "lieux", "profession", "date", "metier", "payer", "etat", "x"):
            html = client.get(path, params={name: attack}).text
            assert "<script>alert" not in html, (path, name)


def test_unknown_parameters_are_counted_aloud_not_obeyed(client: TestClient) -> None:
    said = text_of(client.get("/?citycode=09122&profesion=infirmier&utm_source=x").text)
    assert "2 paramètres inconnus" in said
    assert "médecins" in said


def test_a_place_outside_the_installed_data_is_never_a_no(client: TestClient) -> None:
    said = text_of(client.get("/?citycode=29019").text)
    assert "On ne peut pas dire" in said
    assert "zonage data build" in said


def test_a_comparison_beyond_ten_places_says_what_it_leaves_out(client: TestClient) -> None:
    said = text_of(client.get("/comparer", params={"lieux": "\n".join(f"insee:751{n:02}" for n in range(1, 13))}).text)
    assert "10 lieux" in said
    assert "les 2 derniers ne sont pas montrés" in said


def test_built_files_are_sent_once_and_nothing_else_is(client: TestClient) -> None:
    icon = client.get("/static/icon.svg")
    if icon.status_code == 404:
        pytest.skip("the page is not built here")
    code = re.search(r'src="(/static/assets/page-[^"]+)"', client.get("/").text)
    assert code is not None
    sent = client.get(code[1])
    assert "immutable" in sent.headers["cache-control"]
    assert sent.headers["content-encoding"] == "gzip"
    for path in (
        "/static/manifest.json",
        "/static/",
        "/static/..%2fmain.py",
        "/static/assets/../../main.py",
        "/static/nope.js",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get("/static/nope.js").headers["content-type"] == "application/problem+json"


def test_pages_are_compressed_for_those_who_accept(client: TestClient) -> None:
    assert client.get("/zonages", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/zonages", headers={"Accept-Encoding": "identity"}).headers


def test_an_online_base_map_opens_the_policy_to_its_host_only() -> None:
    assert map_page_headers(None)["Content-Security-Policy"] == policy()
    opened = map_page_headers("https://tuiles.example.org/styles/plan.json")["Content-Security-Policy"]
    assert "connect-src 'self' https://tuiles.example.org;" in opened
    assert "/styles" not in opened
    assert policy() == policy("").replace("  ", " ")
    assert " ;" not in policy()


def test_only_the_page_made_for_it_may_stand_in_a_frame(client: TestClient) -> None:
    framed = client.get("/?integre=1&citycode=09122")
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert '<base target="_blank">' in framed.text
    for path in (*PAGES, "/aides/caim", "/aides/nope", "/reponse?citycode=09122", "/fiche?integre=1", "/v1/limits"):
        assert "frame-ancestors 'none'" in client.get(path).headers["content-security-policy"], path


def test_a_doubtful_position_is_told_with_its_radius_and_compared_with_it(client: TestClient) -> None:
    at = "lon=1.6053&lat=42.9657&uncertainty_m=250"
    page = client.get(f"/?{at}")
    assert "Position à 250 m près" in text_of(page.text)
    assert "lieu=point%3A1.6053%2C42.9657%2C250" in page.text
    assert "Foix" in text_of(client.get("/comparer?lieu=point:1.6053,42.9657,250").text)
    assert "Corrigez la précision du point" in text_of(client.get("/?lon=1.6&lat=42.9&uncertainty_m=20000").text)


def test_a_place_that_cannot_be_read_keeps_its_column_beside_the_others(client: TestClient) -> None:
    said = text_of(client.get("/comparer?lieu=insee:09122&lieu=insee:abc&lieu=insee:99999&lieu=point:-20,30").text)
    assert "4 lieux" in said
    for words in ("La question n'est pas lisible.", "Aucune fiche à ce nom.", "Ce point n'est pas en France."):
        assert words in said


def test_the_legend_of_the_plan_stays_on_the_drawing(client: TestClient) -> None:
    svg = client.get("/fiche/plan.svg?citycode=75120").text
    width, height = (float(part) for part in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
    entries = re.findall(r'translate\(([\d.]+) ([\d.]+)\)"><rect width="22"[^>]*/><text[^>]*>([^<]+)', svg)
    assert len(entries) >= 4
    for x, y, words in entries:
        assert float(x) + 28 + 6 * len(words) < width, words
        assert float(y) + 15 < height


def test_a_place_not_found_comes_with_places_perhaps_meant(client: TestClient) -> None:
    page = client.get("/?address=12+rue+du+Moulin+Bondi&profession=infirmier")
    assert page.status_code == 404
    assert "Vouliez-vous dire" in text_of(page.text)
    assert re.search(r'href="/\?profession=infirmier[^"]*citycode=\d{5}', page.text)
    assert "Vouliez-vous dire" not in text_of(client.get("/?address=zzqx+wkjh").text)


def test_a_street_whose_file_was_decoded_wrongly_is_shown_as_it_was_meant(client: TestClient) -> None:
    answer = client.get("/v1/assess?citycode=09122").json()
    answer["place"]["label"] = "29 AllÃ©e ThÃ©rÃ¨se 93140 Bondy"
    view = present(answer, {}, client.app.state.service.rules, date(2026, 11, 23))  # type: ignore[attr-defined]
    assert view.place["label"] == "29 Allée Thérèse 93140 Bondy"
    assert view.headline[0].text.startswith("29 Allée Thérèse") or view.headline[1].text.startswith("29 Allée Thérèse")


def test_words_that_name_several_places_list_them_all(client: TestClient) -> None:
    geocoding = client.get("/v1/zones?address=Fois").json()["place"]["geocoding"]
    assert geocoding["status"] == "ambiguous"
    said = text_of(client.get("/?address=Fois").text)
    assert "L'adresse désigne plusieurs lieux" in said
    assert all(candidate["label"] in said for candidate in geocoding["candidates"])
    assert "désigne plusieurs" not in text_of(client.get("/?address=Foix").text)

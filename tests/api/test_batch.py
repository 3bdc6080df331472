"""POST /v1/batch and /v1/score, through HTTP on the embedded and the small bundle."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from app.api.batch import MEDIA_TYPES
from app.api.score import ScoreAnswer
from app.batch.columns import appended_fields

CSV = {"content-type": "text/csv"}
TEXT = "id,lon,lat,citycode\n1,2.25,46.05,\n2,,,03001\n3,12.5,41.9,\n4,x,1,\n"
DAY = "date=2026-03-01&known_on=2026-03-01"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_in_csv_out_with_a_column_for_each_answer(small_client: TestClient) -> None:
    response = small_client.post(f"/v1/batch?{DAY}", content=TEXT, headers=CSV)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    rows = rows_of(response.text)
    assert list(rows[0])[4:] == [field.name for field in appended_fields()]
    assert [row["row_status"] for row in rows] == ["ok", "ok", "error", "error"]
    assert [row["doctors_code"] for row in rows] == ["ZIP", "ZIP", "", ""]
    assert rows[2]["row_error"].startswith("place-outside-france:")
    assert rows[0]["aids_available"] == rows[0]["amount_eur"] == ""


def test_applicant_in_the_query_asks_for_aids(small_client: TestClient) -> None:
    response = small_client.post(f"/v1/batch?{DAY}&profession=medecin&status=installing", content=TEXT, headers=CSV)
    rows = rows_of(response.text)
    assert rows[0]["aids_to_check"]
    assert float(rows[0]["score"]) >= 0
    assert rows[2]["score"] == ""


@pytest.mark.parametrize("accept", MEDIA_TYPES)
def test_answer_comes_in_the_format_asked_for(accept: str, small_client: TestClient, tmp_path: Path) -> None:
    response = small_client.post(f"/v1/batch?{DAY}", content=TEXT, headers={**CSV, "accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(accept)
    back = small_client.post(
        f"/v1/batch?{DAY}",
        content=strip(response.content, accept),
        headers={"content-type": accept, "accept": "text/csv"},
    )
    assert [row["doctors_code"] for row in rows_of(back.text)] == ["ZIP", "ZIP", "", ""]


def strip(body: bytes, media_type: str) -> bytes:
    """The four input columns again, in the same format."""
    names = ("id", "lon", "lat", "citycode")
    if media_type == "text/csv":
        rows = rows_of(body.decode())
        return "\n".join([",".join(names), *(",".join(row[name] for name in names) for row in rows)]).encode()
    if media_type == "application/x-ndjson":
        return b"\n".join(orjson.dumps({n: orjson.loads(line)[n] for n in names}) for line in body.splitlines())
    if media_type == "application/geo+json":
        features = orjson.loads(body)["features"]
        for feature in features:
            feature["properties"] = {name: feature["properties"][name] for name in names}
        return orjson.dumps({"type": "FeatureCollection", "features": features})
    out = io.BytesIO()
    if media_type == "application/vnd.apache.parquet":
        pq.write_table(pq.read_table(io.BytesIO(body)).select(names), out)
    else:
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(body))
        sheet = book.active
        assert sheet is not None
        sheet.delete_cols(5, 200)
        book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("query", "headers", "body", "status", "words"),
    [
        ("", CSV, b"", 422, "empty"),
        ("", CSV, b"name\nx\n", 422, "names a place"),
        ("", CSV, b"lon,lat,lon\n", 422, "same name"),
        ("", {"content-type": "application/pdf"}, b"x", 415, "Send one of"),
        ("", {}, b"x", 415, "Send one of"),
        ("", {**CSV, "accept": "image/png"}, b"lon,lat\n", 406, "Accept one of"),
        ("", {"content-type": "application/vnd.apache.parquet"}, b"PAR1", 422, "Parquet"),
        ("?date=tomorrow", CSV, TEXT.encode(), 422, "date must be"),
        ("?wrong=1", CSV, TEXT.encode(), 422, "unknown field"),
        ("?geocode=remote", CSV, TEXT.encode(), 422, "geocode must be"),
        ("?sector=9", CSV, TEXT.encode(), 422, "sector must be"),
    ],
)
def test_what_cannot_be_used_is_a_clear_problem(
    query: str, headers: dict[str, str], body: bytes, status: int, words: str, small_client: TestClient
) -> None:
    response = small_client.post(f"/v1/batch{query}", content=body, headers=headers)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.json()["detail"]


def test_body_over_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch, small_bundle: Path, tmp_path: Path) -> None:
    from app.main import create_app
    from app.settings import Settings

    monkeypatch.setenv("ZONAGE_DATA_DIR", str(small_bundle))
    monkeypatch.setenv("ZONAGE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("ZONAGE_MAX_BATCH_BYTES", "2048")
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        assert client.get("/v1/limits").json()["max_batch_bytes"] == 2048

        def endless() -> Iterator[bytes]:
            yield b"lon,lat\n"
            for _ in range(1000):
                yield b"2.05,46.05\n"

        assert client.post("/v1/batch", content=b"lon,lat\n" + b"2.05,46.05\n" * 400, headers=CSV).status_code == 413
        response = client.post("/v1/batch", content=endless(), headers=CSV)
        assert response.status_code == 413
        assert client.post("/v1/batch", content=TEXT, headers=CSV).status_code == 200


def score(client: TestClient, **body: Any) -> ScoreAnswer:
    response = client.post("/v1/score", json={"date": "2021-03-01", "known_on": "2026-03-01", **body})
    assert response.status_code == 200, response.text
    return ScoreAnswer.model_validate(response.json())


CANDIDATES = [
    {"id": "toulouse", "citycode": "31555"},
    {"id": "foix", "lon": 1.6053, "lat": 42.9657},
    {"id": "sea", "lon": -4.0, "lat": 47.0},
    {"id": "foix again", "lon": 1.6053, "lat": 42.9657},
    {"id": "half", "lon": 1.0},
]
APPLICANT = {"profession": "medecin", "status": "installing", "sector": "1", "days_per_week": 5, "group": "mono",
             "group_size": 2, "pdsa": True}  # fmt: skip


def test_candidates_are_ranked_and_every_point_is_explained(client: TestClient) -> None:
    answer = score(client, candidates=CANDIDATES, applicant=APPLICANT)
    assert len(answer.results) == 3
    assert answer.results == sorted(answer.results, key=lambda result: (result.rank, result.index))
    assert all(first.score >= second.score for first, second in zip(answer.results, answer.results[1:], strict=False))
    for result in answer.results:
        assert result.score == round(sum(part.points for part in result.parts), 2)
        assert all(abs(part.points - part.share * part.weight) < 0.01 and part.because for part in result.parts)
        assert [part.criterion for part in result.parts] == ["amount", "certainty", "nearness"]
    again, foix = ({r.id: r for r in answer.results}[name] for name in ("foix again", "foix"))
    assert (again.rank, again.score, again.tied, foix.tied) == (foix.rank, foix.score, True, True)
    assert {item.id: item.code for item in answer.unranked} == {"sea": "place-outside-france", "half": "invalid-input"}


def test_weights_of_the_request_decide(client: TestClient) -> None:
    weights = {"amount": 0, "certainty": 0, "nearness": 10}
    answer = score(client, candidates=CANDIDATES[:2], applicant=APPLICANT, weights=weights)
    assert answer.weights == weights
    assert all(part.points == 0 for result in answer.results for part in result.parts[:2])


def test_batch_score_of_a_row_is_its_score_here(client: TestClient) -> None:
    answer = score(client, candidates=CANDIDATES[:2], applicant=APPLICANT)
    text = "lon,lat,citycode\n,,31555\n1.6053,42.9657,\n"
    facts = "profession=medecin&status=installing&sector=1&days_per_week=5&group=mono&group_size=2&pdsa=true"
    batch = client.post(f"/v1/batch?date=2021-03-01&known_on=2026-03-01&{facts}", content=text, headers=CSV)
    scores = {result.index: result.score for result in answer.results}
    assert [float(row["score"]) for row in rows_of(batch.text)] == [scores[0], scores[1]]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"candidates": []}, "1 to 1000"),
        ({"candidates": [{"citycode": "09122"}] * 1001}, "1 to 1000"),
        ({"candidates": ["Foix"]}, "must be an object"),
        ({"candidates": [{"place": "Foix"}]}, "unknown field"),
        ({"candidates": [{"lon": "1.6", "lat": 42.9}]}, "must be a number"),
        ({"candidates": [{"citycode": 9122}]}, "must be a text"),
        ({"candidates": [{"citycode": "09122"}], "weights": {"amount": -1}}, "weights.amount"),
        ({"candidates": [{"citycode": "09122"}], "weights": {"amount": 0, "certainty": 0, "nearness": 0}}, "above 0"),
        ({"candidates": [{"citycode": "09122"}], "weights": {"luck": 1}}, "unknown field"),
        ({}, "1 to 1000"),
    ],
)
def test_malformed_score_request_is_a_clear_problem(body: dict[str, Any], words: str, client: TestClient) -> None:
    response = client.post("/v1/score", json=body)
    assert response.status_code == 422, response.text
    assert words in response.json()["detail"]

"""The batch answer of a row is the API's answer for that row: addresses, points, codes, bad rows; zones and aids."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from app.aids.reading import read_applicant
from app.api.dependencies import Service
from app.batch.columns import find_columns
from app.batch.profile import Profile
from app.batch.scorer import Scorer, Sources
from app.main import create_app
from app.settings import Settings
from app.zones.catalogue import Catalogue
from app.zones.vocabulary import ZONINGS

SEED = 20260301
ROWS = 5_000
KNOWN_ON = date(2026, 3, 1)
APPLICANT = {
    "profession": "medecin", "status": "installed", "specialty": "mg", "installed_since": "2023-03-15", "sector": "1",
    "activity_created_on": "2023-03-15", "days_per_week": "4", "tax_regime": "real", "profit": "60000", "age": "41",
}  # fmt: skip
DAYS = [
    "2012-05-01",
    "2016-06-01",
    "2020-01-15",
    "2023-12-31",
    "2024-01-01",
    "2024-06-30",
    "2024-07-01",
    "2026-03-01",
    "",
    "2026-02-30",
    "31",
]
Row = dict[str, str]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings())) as running:
        yield running


@pytest.fixture(scope="module")
def service(client: TestClient) -> Service:
    return cast(Service, client.app.state.service)  # type: ignore[attr-defined]


def rows_of_all_kinds(catalogue: Catalogue, random_: random.Random) -> list[Row]:
    communes = [commune for row in range(len(catalogue.communes)) if (commune := catalogue.communes.at(row)).townhall]
    former = list(catalogue.communes.former)
    zones = [zone for layer in catalogue.layers.values() for zone in layer.zones if zone.bbox is not None]
    rows: list[Row] = []
    for number in range(ROWS):
        kind = random_.choices(
            ["point", "zone", "code", "former", "address", "townhall", "bad"], [30, 12, 15, 8, 15, 10, 10]
        )[0]
        commune = random_.choice(communes)
        assert commune.townhall is not None
        row: Row = {"id": str(number), "address": "", "postcode": "", "citycode": "", "lon": "", "lat": "", "date": ""}
        if random_.random() < 0.6:
            row["date"] = random_.choice(DAYS)
        if kind == "point":
            spread = random_.choice([0.002, 0.02, 0.5])
            row["lon"] = repr(round(commune.townhall.lon + random_.gauss(0, spread), 7))
            row["lat"] = repr(round(commune.townhall.lat + random_.gauss(0, spread), 7))
        elif kind == "zone" and zones:
            west, south, east, north = random_.choice(zones).bbox or (0, 0, 0, 0)
            row["lon"], row["lat"] = repr(random_.uniform(west, east)), repr(random_.uniform(south, north))
        elif kind == "former" and former:
            row["citycode"] = random_.choice(former)
        elif kind == "address":
            postcode = random_.choice(commune.postcodes) if commune.postcodes else ""
            text = random_.choice(
                ["{n} rue de la République {c}", "{c}", "mairie {c}", "{n} bis place {c} {p}", "{p} {c}"]
            )
            row["address"] = text.format(n=random_.randint(1, 99), c=commune.name, p=postcode)
            row["postcode"] = random_.choice([postcode, "", "99999", "1"])
        elif kind == "townhall" and commune.townhall_address:
            row["address"] = commune.townhall_address
            row["postcode"] = commune.postcodes[0] if commune.postcodes else ""
        elif kind == "bad":
            row |= random_.choice(
                [
                    {"lon": "nan", "lat": "1"},
                    {"lon": "2.35"},
                    {"lat": "48"},
                    {"citycode": "75001x"},
                    {},
                    {"citycode": "99999"},
                    {"lon": "48.85", "lat": "2.35"},
                    {"lon": "200", "lat": "0"},
                    {"address": "a" * 201},
                    {"lon": "-4.0", "lat": "47.0"},
                    {"lon": "1e999", "lat": "0"},
                    {"address": "!!!"},
                    {"lon": "12.5", "lat": "41.9"},
                ]
            )
        else:
            row["citycode"] = commune.insee_code
        rows.append(row)
    return rows


def api_answer(client: TestClient, row: Row) -> dict[str, object]:
    """The columns of a row, from `/v1/assess` for one row in three, from `/v1/zones` (ten times faster) for the others."""
    with_aids = int(row["id"]) % 3 == 0
    params = [(name, value) for name, value in row.items() if value and name != "id"]
    params += [("known_on", KNOWN_ON.isoformat()), ("near", "0"), *(APPLICANT.items() if with_aids else ())]
    response = client.get("/v1/assess" if with_aids else "/v1/zones", params=params)
    found: Any = response.json()
    if response.status_code != 200:
        return {"row_status": "error", "code": found["type"].rpartition(":")[2]}
    answer: dict[str, object] = {
        "row_status": "ok",
        "place_citycode": found["place"]["citycode"],
        "place_precision": found["place"]["precision"],
    }
    if with_aids:
        offers = found["offers"]
        answer["aids_available"] = ";".join(offer["aid"] for offer in offers if offer["status"] == "available")
        answer["aids_to_check"] = ";".join(offer["aid"] for offer in offers if offer["status"] == "to_check")
        answer["amount_eur"] = found["combination"]["amount_eur"]
    for spec, membership in zip(ZONINGS, found["memberships"], strict=True):
        suffix = f"_{spec.generation}" if spec.generation is not None else ""
        answer[f"{spec.id}_state{suffix}"] = membership["state"]
        answer[f"{spec.id}_code{suffix}"] = codes_in(membership)
    return answer


def codes_in(membership: Any) -> str | None:
    """What the contract asks of a code cell: the code, every candidate joined by `;` where several may apply."""
    code, codes = membership.get("code"), membership.get("codes") or []
    if code is not None and membership["state"] != "near_border" and len(codes) <= 1:
        return str(code)
    return ";".join(codes) or code


def batch_answers(service: Service, rows: list[Row], chunk_rows: int) -> list[dict[str, object]]:
    profile = Profile(date.today(), KNOWN_ON, read_applicant(_typed(APPLICANT)))  # noqa: DTZ011
    table = pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in rows[0]]))
    scorer = Scorer(Sources(service.catalogue, service.rules, service.geocoder), profile, find_columns(table.schema))
    batches = table.to_batches(max_chunksize=chunk_rows)
    return [row for batch in batches for row in scorer.score_batch(batch).to_pylist()]


def _typed(applicant: dict[str, str]) -> dict[str, object]:
    numbers = {"days_per_week": 4, "profit": 60000, "age": 41}
    return {**applicant, **numbers}


def test_batch_answer_of_a_row_is_the_api_answer_of_that_row(client: TestClient, service: Service) -> None:
    rows = rows_of_all_kinds(service.catalogue, random.Random(SEED))
    answers = batch_answers(service, rows, 1_000)
    assert len(answers) == ROWS
    kinds: dict[str, int] = {}
    for row, answer in zip(rows, answers, strict=True):
        expected = api_answer(client, row)
        kinds[str(expected["row_status"])] = kinds.get(str(expected["row_status"]), 0) + 1
        if expected["row_status"] == "error":
            assert answer["row_status"] == "error", (row, answer)
            code = expected["code"]
            assert str(answer["row_error"]).startswith(f"{code}:"), (row, answer["row_error"], code)
            continue
        assert answer["row_status"] == "ok", (row, answer["row_error"], expected)
        got = {name: answer[name] for name in expected}
        assert got == expected, (row, {k: (got[k], expected[k]) for k in expected if got[k] != expected[k]})
    assert min(kinds.values()) > 300, kinds


def test_order_and_size_of_chunks_change_nothing(service: Service) -> None:
    rows = rows_of_all_kinds(service.catalogue, random.Random(SEED + 1))[:600]
    whole = batch_answers(service, rows, 600)
    assert batch_answers(service, rows, 37) == whole
    shuffled = list(range(600))
    random.Random(SEED).shuffle(shuffled)
    answers = batch_answers(service, [rows[position] for position in shuffled], 200)
    assert [answers[shuffled.index(position)] for position in range(600)] == whole

"""Queries the shared test set does not hold: other communes, another seed, the same kinds of noise, judged by the same rule.

    python -m bench.geocoding.held_out --shared ../shared --seed 7 --per-category 400 [--failures]

Guards against tuning: every commune that the shared queries expect is left out. Two engines may be fed the same rows
(`bench.geocoding.compare --held-out SEED`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import random
import tempfile
from collections.abc import Iterator
from csv import DictReader
from pathlib import Path

import pyarrow.parquet as pq

from app.geocoding.build import build_gazetteer
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocodejson import public_type
from app.geocoding.geocoder import AddressQuery
from bench.geocoding.judging import Answer, Tally
from bench.geocoding.noise import EXPECTED, NONSENSE, STYLES, Door

ROOT = Path(__file__).resolve().parent.parent.parent


def doors(shared: Path, rng: random.Random) -> list[Door]:
    """One door of each commune that the shared queries do not expect."""
    with gzip.open(shared / "data" / "geocoding" / "queries.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        used = {row["expected_citycode"] for row in DictReader(stream)}
    by_commune: dict[str, list[Door]] = {}
    with lzma.open(shared / "data" / "geocoding" / "reference.ndjson.xz") as lines:
        for line in lines:
            document = json.loads(line)
            code = document["citycode"]
            if document["type"] == "municipality" or code in used:
                continue
            numbers = sorted(document.get("housenumbers") or ())
            postcode = document["postcode"][0] if isinstance(document["postcode"], list) else document["postcode"]
            number = rng.choice(numbers) if numbers and rng.random() < 0.9 else None
            by_commune.setdefault(code, []).append(Door(number, document["name"], postcode, code, document["city"]))
    return [rng.choice(found) for found in by_commune.values()]


def held_out(shared: Path, seed: int, per_category: int) -> Iterator[dict[str, str]]:
    """Rows with the columns of the shared test set."""
    rng = random.Random(seed)
    pool = doors(shared, rng)
    for category, write in STYLES.items():
        picked = rng.sample(pool, min(len(pool), 2 * per_category))
        rows = [(door, text) for door in picked if (text := write(door, rng))][:per_category]
        for door, text in rows:
            expected = EXPECTED.get(category, "housenumber" if door.number else "street")
            yield {
                "category": category, "q": text, "filter_postcode": door.postcode if category == "filter_postcode" else "",
                "filter_citycode": door.citycode if category == "filter_citycode" else "",
                "expected_citycode": door.citycode, "accept_citycodes": "", "expected_type": expected,
                "expected_housenumber": door.number if expected == "housenumber" and door.number else "",
                "expected_street": "" if expected == "municipality" else door.street,
            }  # fmt: skip
    yield from _former(rng, per_category)
    for text in NONSENSE:
        yield {"category": "none", "q": text, "filter_postcode": "", "filter_citycode": "", "expected_citycode": "",
               "accept_citycodes": "", "expected_type": "none", "expected_housenumber": "", "expected_street": ""}  # fmt: skip


def _former(rng: random.Random, count: int) -> Iterator[dict[str, str]]:
    """Former communes by name and their département: the commune of today is expected."""
    rows = pq.read_table(ROOT / "data" / "geo" / "former_communes.parquet").to_pylist()
    named = [row for row in rows if row["name"]]
    for row in rng.sample(named, min(count, len(named))):
        code = str(row["commune"])
        department = code[:3] if code.startswith("97") else code[:2]
        yield {"category": "former_commune", "q": f"{row['name']} ({department})", "filter_postcode": "",
               "filter_citycode": "", "expected_citycode": code, "accept_citycodes": "", "expected_type": "municipality",
               "expected_housenumber": "", "expected_street": ""}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--per-category", type=int, default=400)
    parser.add_argument("--gazetteer", type=Path, help="built from the reference documents; built again when absent")
    parser.add_argument("--failures", action="store_true", help="print each wrong answer")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        path = chosen.gazetteer or build_gazetteer(
            ROOT / "data" / "geo", Path(work) / "gazetteer.sqlite",
            [chosen.shared / "data" / "geocoding" / "reference.ndjson.xz"],
        )  # fmt: skip
        engine = EmbeddedGeocoder.open(path)
        tally = Tally()
        for row in held_out(chosen.shared, chosen.seed, chosen.per_category):
            found = engine.find(AddressQuery(row["q"], row["filter_postcode"] or None, row["filter_citycode"] or None))
            before = tally.full.total()
            tally.add(
                row, Answer(public_type(found), found.citycode, found.street, found.housenumber, found.confidence), 0.8
            )
            if chosen.failures and tally.full.total() == before:
                wanted = (row["expected_housenumber"], row["expected_street"], row["expected_citycode"])
                print(
                    row["category"],
                    repr(row["q"]),
                    "wanted",
                    wanted,
                    "got",
                    found.label,
                    found.citycode,
                    found.confidence,
                )
        print(json.dumps({**tally.summary(), "by_category": tally.by_category()}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

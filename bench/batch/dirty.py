"""A spreadsheet of dirty addresses: the shared test set drawn again and again, or doors of its gazetteer written anew."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from bench.geocoding.noise import STYLES, Door

Row = tuple[str, str, str]
"""Address, postcode and INSEE code of a row, empty where the row has none."""


def shared_queries(shared: Path, rows: int) -> Iterator[Row]:
    """`rows` of the 12,350 queries of the shared set, drawn at random: several premises have one address."""
    with gzip.open(shared / "data" / "geocoding" / "queries.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        queries = [(row["q"], row["filter_postcode"], row["filter_citycode"]) for row in csv.DictReader(stream)]
    return iter(random.Random(3).choices(queries, k=rows))


def distinct_doors(shared: Path, rows: int) -> Iterator[Row]:
    """A different door in every row, all over the country, each in one of the styles of the noise generator."""
    rng = random.Random(5)
    doors = []
    with lzma.open(shared / "data" / "geocoding" / "reference.ndjson.xz") as lines:
        for line in lines:
            document = json.loads(line)
            if document["type"] == "municipality":
                continue
            numbers = sorted(document.get("housenumbers") or ())
            postcode = document["postcode"][0] if isinstance(document["postcode"], list) else document["postcode"]
            number = rng.choice(numbers) if numbers and rng.random() < 0.9 else None
            doors.append(Door(number, document["name"], postcode, document["citycode"], document["city"]))
    rng.shuffle(doors)
    styles = [name for name in STYLES if not name.startswith("filter")]
    written = (STYLES[rng.choice(styles)](door, rng) for door in cycle(doors))
    return islice(((text, "", "") for text in written if text), rows)


def write_table(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "address", "postcode", "citycode"))
        writer.writerows((number, *row) for number, row in enumerate(rows))

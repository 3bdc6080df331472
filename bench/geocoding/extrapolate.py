"""Build time, file size and latency for all France, extrapolated from generated numbers in real communes.

    python -m bench.geocoding.extrapolate --numbers 3000000

Street names are real type and name words shuffled; their count per commune follows its population, as the BAN's does. France
has about 26 million numbers in 2.3 million streets: the file grows with both, and the build with the numbers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from app.geocoding.build import build_gazetteer
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Precision

ROOT = Path(__file__).resolve().parent.parent.parent
FRANCE_NUMBERS = 26_000_000
PER_STREET = 11.3
_TYPES = ("Rue", "Rue", "Rue", "Rue", "Chemin", "Impasse", "Avenue", "Allée", "Route", "Place", "Boulevard", "Square")
_FIRST = (
    "Jean", "Pierre", "Marie", "Louis", "Jacques", "Émile", "Victor", "Léon", "Paul", "Henri", "Charles", "Albert",
    "Georges", "Anne", "Claude", "Marcel", "Aristide", "Camille", "Simone", "Lucie", "Gabriel", "Gustave", "Honoré",
    "Auguste", "Édouard",
)  # fmt: skip
_LAST = (
    "Moulin", "Fontaine", "Lavoir", "Église", "Mairie", "École", "Vigne", "Chêne", "Tilleul", "Prairie", "Rivière",
    "Forge", "Château", "Croix", "Bois", "Clos", "Verger", "Source", "Colline", "Combe", "Garenne", "Bruyère",
    "Acacia", "Lilas", "Rose", "Jaurès", "Hugo", "Zola", "Ferry", "Gambetta", "Carnot", "Foch", "Leclerc",
    "Pasteur", "Curie", "Monnet", "Briand", "Mermoz", "Guynemer", "Rostand", "Daudet", "Verlaine", "Ravel",
    "Debussy", "Cézanne", "Monet", "Renoir", "Rodin", "Voltaire", "Rousseau", "Diderot",
)  # fmt: skip


def generate(path: Path, numbers: int, seed: int) -> int:
    """Write a BAN CSV of about `numbers` rows over all communes; how many streets it has."""
    dice = random.Random(seed)
    head = EmbeddedGeocoder.open(_townhalls(path.parent)).file.communes
    communes = [head.commune(index) for index in range(len(head))]
    parents = {commune.parent for commune in communes}  # addresses of Paris are in its arrondissements
    communes = [commune for commune in communes if commune.insee_code not in parents and commune.postcodes]
    population = sum(commune.population + 50 for commune in communes)
    streets = 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
        out.write("id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat\n")
        for commune in communes:
            wanted = numbers * (commune.population + 50) / population
            for position in range(max(1, round(wanted / PER_STREET))):
                name = f"{dice.choice(_TYPES)} {dice.choice(_FIRST)} {dice.choice(_LAST)} {position}"
                lon, lat = commune.lon + dice.uniform(-0.02, 0.02), commune.lat + dice.uniform(-0.02, 0.02)
                streets += 1
                number = 0
                for _ in range(max(1, round(dice.expovariate(1 / PER_STREET)))):
                    number += dice.choice((1, 1, 2, 2, 3, 5))
                    suffix = "bis" if dice.random() < 0.04 else ""
                    lon, lat = lon + dice.uniform(-2e-4, 2e-4), lat + dice.uniform(-2e-4, 2e-4)
                    key = f"{commune.insee_code}_{streets}_{number}"
                    fields = (key, "", number, suffix, name, commune.postcodes[0],
                              commune.insee_code, commune.name, f"{lon:.6f}", f"{lat:.6f}")  # fmt: skip
                    out.write(";".join(str(value) for value in fields) + "\n")
    return streets


def _townhalls(work: Path) -> Path:
    return build_gazetteer(ROOT / "data" / "geo", work / "townhalls.sqlite")


def measure(numbers: int, seed: int) -> dict[str, object]:
    """Generate, build, ask; then scale to France."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        streets = generate(work / "adresses.csv.gz", numbers, seed)
        base_mb = (work / "townhalls.sqlite").stat().st_size / 1e6
        started = time.perf_counter()
        path = build_gazetteer(ROOT / "data" / "geo", work / "national.sqlite", [work / "adresses.csv.gz"])
        build_s = time.perf_counter() - started
        size_mb = path.stat().st_size / 1e6
        build_peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        written = _rows(work / "adresses.csv.gz")
        found, took = ask(EmbeddedGeocoder.open(path), work / "adresses.csv.gz", written)
    scale = FRANCE_NUMBERS / written
    return {
        "numbers": written, "streets": streets, "build_s": round(build_s, 1), "file_mb": round(size_mb, 1),
        "build_peak_mb": round(build_peak_mb), "found_percent": round(100 * found, 2),
        "cold_p50_ms": round(took[len(took) // 2] * 1000, 3),
        "cold_p99_ms": round(took[len(took) * 99 // 100] * 1000, 3),
        "france_build_min": round((build_s - 5) * scale / 60, 1),
        "france_file_mb": round(base_mb + (size_mb - base_mb) * scale),
        "seed": seed,
    }  # fmt: skip


def _rows(path: Path) -> int:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return sum(1 for _ in stream) - 1


def ask(engine: EmbeddedGeocoder, path: Path, rows: int) -> tuple[float, list[float]]:
    """Some 5,000 of the numbers, in file order: each in a commune not read before, mostly."""
    every = max(1, rows // 5_000)
    took, right = [], 0
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        next(stream)
        for position, line in enumerate(stream):
            if position % every:
                continue
            _, _, number, suffix, name, postcode, code, city, _, _ = line.rstrip("\n").split(";")
            started = time.perf_counter()
            found = engine.find(AddressQuery(f"{number} {suffix} {name} {postcode} {city}"))
            took.append(time.perf_counter() - started)
            right += found.precision is Precision.HOUSENUMBER and found.citycode == code
    return right / len(took), sorted(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, default=3_000_000)
    parser.add_argument("--seed", type=int, default=20_261_123)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.numbers, chosen.seed), indent=2))


if __name__ == "__main__":
    main()

"""A worker that answers questions stays small: heavy libraries come only with what needs them."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from starlette.testclient import TestClient
from app.main import create_app

HEAVY = {"geopandas", "jinja2", "numba", "pandas", "pyogrio", "pyproj", "shapely"}
with TestClient(create_app()) as client:
    print(sorted(HEAVY & set(sys.modules)))
    assert client.get("/v1/zones?lon=1.6053&lat=42.9639&date=2026-03-01").status_code == 200
    print(sorted(HEAVY & set(sys.modules)))
    assert client.get("/v1/assess?lon=1.6053&lat=42.9639&date=2026-03-01&profession=medecin").status_code == 200
    print(sorted(HEAVY & set(sys.modules)))
"""


def test_zones_need_no_geometry_library_and_aids_only_those_that_measure_distances() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "[]", "['pyproj', 'shapely']"]

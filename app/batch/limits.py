"""Caps of the batch, published at `/v1/limits`."""

from __future__ import annotations

MAX_CANDIDATES = 1_000
"""Candidates of one `/v1/score`."""
MAX_COLUMNS = 2_000
"""More columns than any address file; a broken separator makes more."""
MAX_GEOJSON_BYTES = 268_435_456
"""A GeoJSON file is read whole."""
MAX_RECORD_BYTES = 1_048_576
"""One row of CSV or one line of NDJSON; a longer one is an error of its row: no address, no sheet's row is near this size."""
MAX_SHEET_ROWS = 1_048_576
"""What a sheet can hold."""

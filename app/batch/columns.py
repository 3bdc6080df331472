"""The column contract: which input columns name a place, a date or a person, and which columns are appended."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from app.aids.facts import APPLICANT_FACTS
from app.batch.limits import MAX_COLUMNS
from app.errors import InvalidInput
from app.zones.vocabulary import ZONINGS

INPUT_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "address": ("address", "adresse", "adresse_complete", "full_address"),
    "postcode": ("postcode", "code_postal", "codepostal", "cp", "postal_code"),
    "citycode": ("citycode", "code_insee", "codeinsee", "insee", "insee_code", "insee_com", "code_commune"),
    "lon": ("lon", "longitude", "lng"),
    "lat": ("lat", "latitude"),
    "date": ("date",),
}
"""Names under which each column is found, the contract's own first; case, accents, spaces and hyphens do not count."""

PROFILE_PREFIX = "profile_"
"""`profile_sector` gives the fact `sector` of its row, over the profile of the file."""

WORD = pa.dictionary(pa.int32(), pa.string())
PLACE_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("place_citycode", WORD),
    ("place_city", WORD),
    ("place_department", WORD),
    ("place_region", WORD),
    ("place_epci", WORD),
    ("place_precision", WORD),
    ("place_label", pa.string()),
    ("place_postcode", pa.string()),
    ("place_lon", pa.float64()),
    ("place_lat", pa.float64()),
    ("place_uncertainty_m", pa.float64()),
    ("place_confidence", pa.float64()),
    ("place_status", WORD),
)
"""The place as understood. From `place_label` on they are the geocoder's words: null when no address was looked up."""
AID_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("aids_available", WORD),
    ("aids_to_check", WORD),
    ("amount_eur", pa.float64()),
    ("score", pa.float64()),
)
ROW_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (("row_status", WORD), ("row_error", pa.string()))


def zoning_names() -> tuple[str, ...]:
    """Zonings in the order of their columns: `qpv` is the generation in force on the row's date, `qpv_2015` that one.

    Column names are `<id>_state`, `<id>_code`, and with a generation `<id>_state_<generation>`.
    """
    names: list[str] = []
    for spec in ZONINGS:
        if spec.id not in names:
            names.append(spec.id)
    return tuple(names)


def zoning_columns() -> tuple[tuple[str, str, str | None], ...]:
    """(column, zoning id, generation) for each pair of columns, states and codes side by side."""
    columns: list[tuple[str, str, str | None]] = []
    for name in zoning_names():
        generations = [spec.generation for spec in ZONINGS if spec.id == name]
        columns.append((name, name, None))
        if len(generations) > 1:
            columns += [(name, name, str(generation)) for generation in generations]
    return tuple(columns)


def zoning_fields() -> list[pa.Field]:
    fields = []
    for name, _, generation in zoning_columns():
        suffix = "" if generation is None else f"_{generation}"
        fields += [pa.field(f"{name}_state{suffix}", WORD), pa.field(f"{name}_code{suffix}", WORD)]
    return fields


def appended_fields() -> list[pa.Field]:
    """The appended columns, in their documented order (docs/batch.md); null is missing."""
    return [
        *(pa.field(name, kind) for name, kind in PLACE_COLUMNS),
        *zoning_fields(),
        *(pa.field(name, kind) for name, kind in (*AID_COLUMNS, *ROW_COLUMNS)),
    ]


@dataclass(frozen=True, slots=True)
class InputColumns:
    """Which columns of a table play which part; None: the table has none. `facts` maps applicant facts to columns."""

    address: str | None
    postcode: str | None
    citycode: str | None
    lon: str | None
    lat: str | None
    date: str | None
    facts: tuple[tuple[str, str], ...] = ()


def find_columns(schema: pa.Schema, given: Mapping[str, str] | None = None) -> InputColumns:
    """Find the columns by name, or where `given` (contract name -> column name) says.

    Raises:
        InvalidInput: two columns of one name, a column that would be appended, or none that names a place.
    """
    names: Sequence[str] = schema.names
    _refuse(names)
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(_fold(name), name)
    chosen: dict[str, str | None] = {}
    for part, accepted in INPUT_NAMES.items():
        chosen[part] = next((folded[name] for name in accepted if name in folded), None)
    for part, column in (given or {}).items():
        if part not in INPUT_NAMES:
            raise InvalidInput(f"The map of columns accepts: {', '.join(INPUT_NAMES)}.", field="columns")
        if column not in names:
            raise InvalidInput(
                f"The column that the map gives for {part} is not in the table.", field=f"columns.{part}"
            )
        chosen[part] = column
    if chosen["address"] is None and chosen["citycode"] is None and (chosen["lon"] is None or chosen["lat"] is None):
        raise InvalidInput(
            "No column names a place: name one address, citycode, or two lon and lat, or give a map of columns.",
            field="columns",
        )
    facts = tuple(
        (fact, name)
        for name in names
        if (fact := name.removeprefix(PROFILE_PREFIX)) != name and fact in APPLICANT_FACTS
    )
    return InputColumns(
        chosen["address"], chosen["postcode"], chosen["citycode"], chosen["lon"], chosen["lat"], chosen["date"], facts
    )


def _refuse(names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise InvalidInput(
            f"The table has {len(names)} columns, more than {MAX_COLUMNS}: check its separator.", field="columns"
        )
    appended = {field.name for field in appended_fields()}
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if name in seen:
            raise InvalidInput(f"Columns {seen[name]} and {position} have the same name: rename one.", field="columns")
        if name in appended:
            raise InvalidInput(
                f"Column {position} is named {name}, which this command appends: rename or remove it.", field="columns"
            )
        seen[name] = position


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.strip().lower())
    return "".join("_" if letter in " -." else letter for letter in plain if not unicodedata.combining(letter))

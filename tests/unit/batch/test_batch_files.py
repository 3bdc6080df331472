"""Files in, files out: every format, every bad file; rows out = rows in; nothing half written."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from app.batch.chunks import CHUNK_ROWS
from app.batch.columns import appended_fields
from app.batch.folder import Journal, plan
from app.batch.jobs import Options, Scorers, run_file
from app.batch.parquet_join import ParquetJoiner
from app.batch.profile import Profile
from app.batch.scorer import Sources
from app.batch.summary import Summary
from app.errors import DataError, InvalidInput

CHER = (2.25, 46.05)
"""In Cher, in the middle of QPV QN00301N, whose own class is ZIP."""
TEXT = (
    "id;adresse;longitude;latitude;code_insee;date\n"
    "A;;2,25;46,05;;\nB;;;;03001;\nC;;;;1;\nD;=cmd();;;;\nE;;2.05;46.05;;15/01/2020\n"
)


def score(source: Path, output: Path, sources: Sources, profile: Profile, **options: object) -> Summary:
    return run_file(source, output, Scorers(sources, profile), Options(**options))  # type: ignore[arg-type]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def csv_rows(path: Path, delimiter: str = ";") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_csv_has_its_rows_columns_and_documented_answers(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    summary = score(written(tmp_path / "in.csv", TEXT), tmp_path / "out.csv", small_sources, zones_only)
    rows = csv_rows(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == list("ABCDE")
    header = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0].split(";")
    assert header == [
        "id",
        "adresse",
        "longitude",
        "latitude",
        "code_insee",
        "date",
        *(f.name for f in appended_fields()),
    ]
    a, b, c, d, e = rows
    assert (a["doctors_state"], a["doctors_code"], a["qpv_state"], a["qpv_code"]) == (
        "inside",
        "ZIP",
        "inside",
        "QN00301N",
    )
    assert (b["doctors_code"], b["place_city"], b["place_precision"], b["zrr_state"]) == (
        "ZIP",
        "Aube",
        "municipality",
        "outside",
    )
    assert (c["row_status"], c["doctors_state"]) == ("error", "")
    assert c["row_error"].startswith("invalid-input: citycode must be an INSEE code")
    assert d["adresse"] == "'=cmd()"
    assert (e["zrr_state"], e["qpv_state"], e["doctors_state"]) == ("inside", "outside", "unknown")
    assert (e["qpv_state"], e["qpv_state_2015"], e["qpv_state_2024"]) == ("outside", "outside", "unknown")
    assert summary.rows == 5
    assert summary.statuses == {"ok": 3, "error": 2}
    assert summary.errors == {"invalid-input": 1, "place-not-found": 1}
    assert summary.states["doctors.inside"] == 2
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".ndjson", ".geojson", ".xlsx", ".parquet"])
@pytest.mark.parametrize("source", [".csv", ".ndjson", ".geojson", ".xlsx", ".parquet"])
def test_every_format_gives_the_same_answers(
    source: str, suffix: str, tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    rows = [
        {"id": "a", "lon": 2.25, "lat": 46.05, "citycode": None, "note": 'é;"x"\n='},
        {"id": "b", "lon": None, "lat": None, "citycode": "03001", "note": None},
        {"id": "c", "lon": 12.5, "lat": 41.9, "citycode": None, "note": "x"},
    ]
    given = table_file(tmp_path / f"in{source}", rows)
    output = tmp_path / f"out{suffix}"
    score(given, output, small_sources, zones_only)
    found = answers_of(output)
    assert [row["id"] for row in found] == ["a", "b", "c"]
    assert [row["doctors_code"] or None for row in found] == ["ZIP", "ZIP", None]
    assert [row["row_status"] for row in found] == ["ok", "ok", "error"]
    assert found[0]["note"] == rows[0]["note"]
    assert not found[1]["note"]


def table_file(path: Path, rows: list[dict[str, object]]) -> Path:
    """The rows in the format that the name says, written by other libraries than ours."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".ndjson":
        path.write_bytes(b"\n".join(orjson.dumps({k: v for k, v in row.items() if v is not None}) for row in rows))
    elif path.suffix == ".geojson":
        features = [
            {
                "type": "Feature",
                "properties": {k: v for k, v in row.items() if k not in ("lon", "lat")},
                "geometry": None if row["lon"] is None else {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            }
            for row in rows
        ]
        path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for cells in [list(rows[0]), *(list(row.values()) for row in rows)]:
            sheet.append([None if cell is None else cell for cell in cells])
        for row in sheet.iter_rows(min_row=2, min_col=5, max_col=5):
            row[0].data_type = "s"
        book.save(path)
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def answers_of(path: Path) -> list[dict[str, object]]:
    if path.suffix in (".csv", ".tsv"):
        return list(csv_rows(path, "\t" if path.suffix == ".tsv" else ","))  # type: ignore[arg-type]
    if path.suffix == ".ndjson":
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]
    if path.suffix == ".geojson":
        return [feature["properties"] for feature in orjson.loads(path.read_bytes())["features"]]
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        names, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(names, row, strict=True)) for row in rows]  # type: ignore[arg-type]
    found: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return found


def test_geoparquet_points_are_read_and_its_metadata_kept(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    shapes = shapely.to_wkb(shapely.points([CHER[0], 2.05], [CHER[1], 46.05])).tolist()
    table = pa.table({"id": [1, 2], "geometry": pa.array([*shapes], pa.binary())}).replace_schema_metadata(
        {"geo": orjson.dumps(geo)}
    )
    pq.write_table(table, tmp_path / "in.parquet")
    score(tmp_path / "in.parquet", tmp_path / "out.parquet", small_sources, zones_only)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["doctors_code"].to_pylist() == ["ZIP", "ZIP"]
    assert found["qpv_code"].to_pylist() == ["QN00301N", None]
    assert orjson.loads(found.schema.metadata[b"geo"]) == geo
    other = {**geo, "columns": {"geometry": {"encoding": "WKB", "crs": {"id": {"authority": "EPSG", "code": 2154}}}}}
    pq.write_table(table.replace_schema_metadata({"geo": orjson.dumps(other)}), tmp_path / "in.parquet")
    with pytest.raises(InvalidInput, match="WGS 84"):
        score(tmp_path / "in.parquet", tmp_path / "no.parquet", small_sources, zones_only)


def large_text(rows: int) -> str:
    random_ = random.Random(5)
    lines = ["id,lon,lat,citycode,note"]
    for number in range(rows):
        kind = random_.random()
        if kind < 0.1:
            lines.append(
                random_.choice([f"{number},x,y,,", f"{number},1", f'{number},,,99999,"a""b"', f"{number},,,,,,,,"])
            )
        elif kind < 0.3:
            lines.append(f"{number},,,0300{random_.randint(1, 6)},")
        else:
            lines.append(f'{number},{random_.uniform(1.99, 2.61):.6f},{random_.uniform(46.0, 46.2):.6f},,"n{number}"')
    return "\n".join(lines) + "\n"


def test_output_is_the_same_bytes_whatever_the_jobs(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    source = written(tmp_path / "in.csv", large_text(150_000))
    for suffix in (".csv", ".parquet"):
        outputs = []
        for jobs in (1, 3):
            score(source, tmp_path / f"out{suffix}", small_sources, zones_only, jobs=jobs)
            outputs.append((tmp_path / f"out{suffix}").read_bytes())
        assert outputs[0] == outputs[1]
    rows = csv_rows(tmp_path / "out.csv", ",")
    assert [row["id"] for row in rows] == [str(number) for number in range(150_000)]
    table = pq.read_table(tmp_path / "out.parquet")
    for name in ("doctors_code", "qpv_state", "row_status", "row_error", "place_citycode"):
        assert table[name].cast(pa.string()).fill_null("").to_pylist() == [row[name] for row in rows]
    failed = sum(row["row_status"] == "error" for row in rows)
    assert 0.08 * 150_000 < failed < 0.5 * 150_000


def test_parquet_of_several_row_groups_is_whole_and_in_order(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    count = CHUNK_ROWS * 9 + 17
    numbers = pa.array(range(count))
    points = pa.array([2.05] * count)
    pq.write_table(pa.table({"id": numbers, "lon": points, "lat": pa.array([46.05] * count)}), tmp_path / "in.parquet")
    summary = score(tmp_path / "in.parquet", tmp_path / "out.parquet", small_sources, zones_only)
    file = pq.ParquetFile(tmp_path / "out.parquet")
    assert (summary.rows, file.metadata.num_rows, file.metadata.num_row_groups) == (count, count, 10)
    assert file.read(["id"])["id"].combine_chunks().equals(numbers)
    assert set(file.read(["doctors_code"])["doctors_code"].cast(pa.string()).to_pylist()) == {"ZIP"}


def test_joined_parquet_reads_as_the_tables_one_after_the_other(tmp_path: Path) -> None:
    schema = pa.schema(
        [("n", pa.int64()), ("word", pa.dictionary(pa.int32(), pa.string())), ("list", pa.list_(pa.int64()))]
    )
    tables, out = [], io.BytesIO()
    joiner = ParquetJoiner(out)
    for number in range(40):
        rows = [
            {"n": number * 100 + i, "word": f"w{i % 3}{number}", "list": [i] * (i % 4)} for i in range(number % 7 * 50)
        ]
        table = pa.Table.from_pylist(rows, schema=schema)
        part = io.BytesIO()
        pq.write_table(table, part, row_group_size=60, write_page_index=number % 2 == 0)
        joiner.add(part.getvalue())
        tables.append(table)
    joiner.finish()
    joined = pq.read_table(io.BytesIO(out.getvalue()))
    assert joined.to_pylist() == pa.concat_tables(tables).to_pylist()
    footer = pq.ParquetFile(io.BytesIO(out.getvalue())).metadata
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    offsets = [group.column(column).data_page_offset for group in groups for column in range(footer.num_columns)]
    assert [at for at in offsets if at] == sorted(at for at in offsets if at)
    assert {group.column(0).has_offset_index for group in groups} == {True, False}


@pytest.mark.parametrize("cut", [9, 40, 200])
def test_a_parquet_part_with_a_broken_footer_is_refused(cut: int) -> None:
    part = io.BytesIO()
    pq.write_table(pa.table({"n": range(100), "word": ["w"] * 100}), part)
    whole = part.getvalue()
    with pytest.raises(DataError):
        ParquetJoiner(io.BytesIO()).add(whole[:-cut])
    length = int.from_bytes(whole[-8:-4], "little")
    footer = whole[-8 - length : -8 - cut]  # ends early, though its length is right
    with pytest.raises(DataError):
        ParquetJoiner(io.BytesIO()).add(whole[: -8 - length] + footer + len(footer).to_bytes(4, "little") + whole[-4:])


HEADER = "id,lon,lat,citycode\n"
BAD_FILES: dict[str, tuple[str, str | bytes]] = {
    "empty": ("in.csv", b""),
    "blank": ("in.csv", b"\n\n  \n"),
    "binary": ("in.csv", bytes(range(256)) * 40),
    "zip named csv": ("in.csv", b"PK\x03\x04" + b"x" * 100),
    "no place": ("in.csv", "id,name\n1,a\n"),
    "same name twice": ("in.csv", "lon,lat,lon\n1,2,3\n"),
    "a column we append": ("in.csv", "lon,lat,score\n1,2,3\n"),
    "100,000 columns": ("in.csv", ",".join(f"c{n}" for n in range(100_000)) + "\n1\n"),
    "header without end": ("in.csv", b"x" * 3_000_000),
    "cut parquet": ("in.parquet", b"PAR1" + b"\x00" * 200),
    "not json": ("in.geojson", "{"),
    "not a collection": ("in.geojson", "{}"),
    "not a workbook": ("in.xlsx", "id,lon\n"),
    "empty ndjson": ("in.ndjson", "\n\n"),
    "unknown suffix": ("in.doc", "x"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_a_clear_error_and_leaves_nothing(
    name: str, tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    file, content = BAD_FILES[name]
    source = written(tmp_path / file, content)
    with pytest.raises(InvalidInput) as caught:
        score(source, tmp_path / "out.csv", small_sources, zones_only)
    assert caught.value.message.endswith(".")
    assert sorted(path.name for path in tmp_path.iterdir()) == [file]


def test_truncated_parquet_leaves_nothing(tmp_path: Path, small_sources: Sources, zones_only: Profile) -> None:
    pq.write_table(pa.table({"lon": [2.05] * 1000, "lat": [46.05] * 1000}), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    source = written(tmp_path / "in.parquet", whole[: len(whole) // 2] + whole[-300:])
    with pytest.raises(InvalidInput, match="Parquet"):
        score(source, tmp_path / "out.parquet", small_sources, zones_only)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "whole.parquet"]


def test_zip_bomb_as_a_workbook_is_refused_before_it_is_unpacked(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    bomb = tmp_path / "in.xlsx"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as member,
    ):
        for _ in range(120):
            member.write(b"\x00" * 1_000_000)
    with pytest.raises(InvalidInput, match="unpacks"):
        score(bomb, tmp_path / "out.csv", small_sources, zones_only)


def test_a_table_of_which_every_row_is_wrong_is_written_whole(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    summary = score(
        written(tmp_path / "in.csv", "id,lon,lat\nA,200,1\nB,,\n"), tmp_path / "out.csv", small_sources, zones_only
    )
    rows = csv_rows(tmp_path / "out.csv", ",")
    assert [row["row_status"] for row in rows] == ["error", "error"]
    assert {row["place_citycode"] + row["doctors_state"] for row in rows} == {""}
    assert summary.statuses == {"error": 2}


def test_header_alone_gives_a_header(tmp_path: Path, small_sources: Sources, zones_only: Profile) -> None:
    source = written(tmp_path / "in.csv", HEADER)
    for suffix in (".csv", ".parquet", ".ndjson", ".geojson", ".xlsx"):
        assert score(source, tmp_path / f"out{suffix}", small_sources, zones_only).rows == 0
        assert answers_of(tmp_path / f"out{suffix}") == []
    assert (tmp_path / "out.csv").read_text().startswith("id,lon,lat,citycode,place_citycode")


def test_row_of_100_000_fields_is_an_error_of_its_row(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    source = written(tmp_path / "in.csv", HEADER + "1,2.05,46.05,\n" + "x," * 100_000 + "\n3,2.05,46.05,\n")
    score(source, tmp_path / "out.csv", small_sources, zones_only)
    assert [row["row_status"] for row in csv_rows(tmp_path / "out.csv", ",")] == ["ok", "error", "ok"]


def test_missing_is_empty_and_never_nan(tmp_path: Path, small_sources: Sources, zones_only: Profile) -> None:
    table = pa.table(
        {"lon": [2.05, float("nan"), None], "lat": [46.05, float("nan"), None], "x": [float("nan"), 1.0, None]}
    )
    pq.write_table(table, tmp_path / "in.parquet")
    for suffix in (".csv", ".ndjson", ".geojson"):
        score(tmp_path / "in.parquet", tmp_path / f"out{suffix}", small_sources, zones_only)
        assert "nan" not in (tmp_path / f"out{suffix}").read_text(encoding="utf-8").lower().replace("name", "")
    found = pq.read_table(score_to(tmp_path, small_sources, zones_only)).to_pylist()
    assert [row["row_status"] for row in found] == ["ok", "error", "error"]
    assert found[1]["amount_eur"] is None


def score_to(folder: Path, sources: Sources, profile: Profile) -> Path:
    score(folder / "in.parquet", folder / "out.parquet", sources, profile)
    return folder / "out.parquet"


def test_point_out_of_the_commune_of_its_code_is_answered_with_a_reserve(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    source = written(tmp_path / "in.csv", HEADER + "1,2.05,46.05,03003\n2,2.25,46.02,03003\n3,2.55,46.05,03106\n")
    score(source, tmp_path / "out.csv", small_sources, zones_only)
    first, second, third = csv_rows(tmp_path / "out.csv", ",")
    assert (first["doctors_code"], first["row_status"]) == ("ZAC", "check")
    assert first["row_error"].startswith("places-disagree:")
    assert (second["doctors_code"], second["row_status"], second["row_error"]) == ("ZAC", "ok", "")
    assert (third["doctors_code"], third["row_status"], third["place_city"]) == ("ZIP", "ok", "Fort")


def test_folder_is_one_job_and_a_glob_too(tmp_path: Path) -> None:
    for name in ("b.csv", "a.parquet", ".hidden.csv", "notes.md"):
        written(tmp_path / name, "x")
    tasks = plan(str(tmp_path), tmp_path / "out")
    assert [task.source.name for task in tasks] == ["a.parquet", "b.csv"]
    assert [task.output for task in tasks] == [tmp_path / "out" / "a.parquet", tmp_path / "out" / "b.csv"]
    assert [task.source.name for task in plan(str(tmp_path / "*.csv"), tmp_path / "out")] == ["b.csv"]
    with pytest.raises(InvalidInput, match="no input"):
        plan(str(tmp_path / "nothing*"), tmp_path / "out")
    with pytest.raises(InvalidInput, match="overwrite the input"):
        plan(str(tmp_path), tmp_path)


def test_journal_knows_a_finished_file_only_for_the_same_job(
    tmp_path: Path, small_sources: Sources, zones_only: Profile
) -> None:
    written(tmp_path / "a.csv", TEXT)
    written(tmp_path / "b.csv", TEXT)
    tasks = plan(str(tmp_path), tmp_path / "out")
    scorers = Scorers(small_sources, zones_only)
    journal = Journal(tmp_path / "out")
    journal.open(resume=False)
    summary = run_file(tasks[0].source, tasks[0].output, scorers, Options())
    journal.record(tasks[0], scorers, Options(), summary)
    assert journal.finished(tasks[0], scorers, Options()) == summary
    assert journal.finished(tasks[1], scorers, Options()) is None
    other = Scorers(small_sources, Profile(date(2020, 1, 1), date(2026, 3, 1)))
    assert journal.finished(tasks[0], other, Options()) is None

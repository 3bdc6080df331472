"""CSV of every kind in, and text that a spreadsheet reads but does not run out."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
import pytest

from app.batch.chunks import Loaded
from app.batch.csv_tables import csv_rows
from app.batch.dialect import sniff
from app.batch.formulas import neutralised
from app.batch.limits import MAX_RECORD_BYTES
from app.batch.scored import Repeated, gathered
from app.batch.streams import CsvStream
from app.errors import InvalidInput

ROWS = [["1", 'rue "du" Four, 3', "Évreux\nsur deux lignes"], ["2", "œuf € ’", "x"], ["3", "", "fin"]]


def written(delimiter: str, encoding: str, end: str = "\r\n", mark: bytes = b"") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([["id", "address", "note"], *ROWS])
    return mark + out.getvalue().encode(encoding)


def read(data: bytes, piece_bytes: int = 1 << 20, block_bytes: int = 1 << 21) -> tuple[CsvStream, list[Loaded]]:
    stream = CsvStream(block_bytes)
    chunks = []
    for start in range(0, len(data), piece_bytes):
        chunks += list(stream.feed(data[start : start + piece_bytes]))
    chunks += list(stream.finish())
    return stream, [chunk.load() for chunk in chunks]


def cells(loaded: list[Loaded]) -> list[list[str | None]]:
    return [list(row.values()) for each in loaded for row in each.batch.to_pylist()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("cp1252", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_every_dialect_gives_the_same_rows(delimiter: str, encoding: str, mark: bytes, end: str) -> None:
    stream, loaded = read(written(delimiter, encoding, end, mark))
    assert stream.schema is not None
    assert stream.schema.names == ["id", "address", "note"]
    assert cells(loaded) == [[cell or None for cell in row] for row in ROWS]
    assert not any(each.faults for each in loaded)


@pytest.mark.parametrize("piece_bytes", [1, 3, 7])
def test_pieces_of_any_size_give_the_same_rows(piece_bytes: int) -> None:
    data = written(";", "utf-16-le", mark=b"\xff\xfe") * 1
    assert cells(read(data, piece_bytes)[1]) == cells(read(data)[1])


def test_small_blocks_cut_at_ends_of_records_only() -> None:
    body = "".join(f'{i};"ligne\n{i} ""x""";{i * i}\r\n' for i in range(500))
    data = ("id;address;note\r\n" + body).encode()
    rows = cells(read(data, 100, 64)[1])
    assert rows == [[str(i), f'ligne\n{i} "x"', str(i * i)] for i in range(500)]


def test_latin_1_bytes_in_a_utf_8_file_lose_no_row() -> None:
    data = "id,address\n1,Évreux\n".encode() + "2,Orléans\n".encode("cp1252")
    assert cells(read(data)[1]) == [["1", "Évreux"], ["2", "Orléans"]]


def test_latin_1_bytes_late_in_a_utf_8_file_lose_no_row() -> None:
    data = b"id,address\n" + "1,Évreux\n".encode() * 10_000 + "2,Orléans\n".encode("cp1252")
    rows = cells(read(data)[1])
    assert len(rows) == 10_001
    assert rows[-1] == ["2", "Orléans"]
    assert rows[0] == ["1", "Évreux"]


def test_rows_with_other_numbers_of_fields_are_kept_with_their_fault() -> None:
    _, (loaded,) = read(b"id,address,note\n1,a,b\n2,a\n3,a,b,c\n4,d,e\n")
    assert cells([loaded]) == [["1", "a", "b"], ["2", "a", None], ["3", "a", "b"], ["4", "d", "e"]]
    assert {row: error.message for row, error in loaded.faults.items()} == {
        1: "The row has 2 fields, the header 3.",
        2: "The row has 4 fields, the header 3.",
    }


def test_quote_inside_a_plain_field_is_a_letter() -> None:
    _, loaded = read(b'id,address\n1,12" tube\n2,b\n')
    assert cells(loaded) == [["1", '12" tube'], ["2", "b"]]


def test_quote_never_closed_costs_its_own_row_only() -> None:
    _, loaded = read(b'id,address\n1,"never\n2,b\n3,c\n')
    assert cells(loaded) == [["1", "never"], ["2", "b"], ["3", "c"]]
    assert [len(each.faults) for each in loaded] == [1, 0]


def test_line_of_fifty_megabytes_is_an_error_of_its_row() -> None:
    stream = CsvStream()
    chunks = list(stream.feed(b"id,address\n1,a\n2,"))
    for _ in range(50):
        chunks += list(stream.feed(b"x" * 1_000_000))
        assert stream._splitter is None or len(stream._splitter._pending) < 4 * MAX_RECORD_BYTES
    chunks += list(stream.feed(b"\n3,c\n"))
    chunks += list(stream.finish())
    loaded = [chunk.load() for chunk in chunks]
    assert [row[0] for row in cells(loaded)] == ["1", None, "3"]
    assert [list(each.faults) for each in loaded] == [[], [0], []]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\x00\x01\x02" * 500, b"PK\x03\x04rest", b"%PDF-1.7 text", bytes(range(1, 32)) * 40]
)
def test_what_is_no_text_table_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(data)


def test_separator_inside_quotes_of_the_header_does_not_count() -> None:
    assert sniff(b'"a;b;c;d",e\n1,2\n').delimiter == ","


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("x")', "-x", "+x"]
HARMLESS = ["-1.5", "+33 6 12 34 56 78", "-1,5", "1e-7", "rue = four", "", "a@b", "-12e3"]


def test_formulas_are_made_inert_and_numbers_are_left_alone() -> None:
    assert neutralised(pa.array(FORMULAS)).to_pylist() == [f"'{text}" for text in FORMULAS]
    assert neutralised(pa.array([*HARMLESS, None])).to_pylist() == [*HARMLESS, None]


def test_csv_read_by_python_gives_back_the_cells() -> None:
    texts = ["a", 'b"c', "d;e", "f,g", "h\ni", " j ", "k\tl", None]
    batch = pa.RecordBatch.from_pydict(
        {"t": texts, "d": pa.array(texts).dictionary_encode(), "n": pa.array([1.5, float("nan"), None, 0, 1, 2, 3, 4])}
    )
    rows = list(csv.reader(io.StringIO(csv_rows(batch, ";", keeps_formulas=False).decode(), newline=""), delimiter=";"))
    assert [row[0] for row in rows] == [text or "" for text in texts]
    assert [row[1] for row in rows] == [text or "" for text in texts]
    assert [row[2] for row in rows] == ["1.5", "", "", "0", "1", "2", "3", "4"]


def test_dictionary_words_are_made_inert_too() -> None:
    batch = pa.RecordBatch.from_pydict({"d": pa.array(["=1", "a"]).dictionary_encode(), "x": ["b", "=c"]})
    assert csv_rows(batch, ",", keeps_formulas=False) == b"'=1,b\na,'=c\n"
    assert csv_rows(batch, ",", keeps_formulas=True) == b"=1,b\na,=c\n"


def test_columns_that_repeat_together_read_as_if_written_row_by_row() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.int32()), pa.array(["a,b", '=1"']))
    same = pa.DictionaryArray.from_arrays(pa.array([0, 0, 0], pa.int32()), pa.array(["x;y"]))
    distinct = pa.RecordBatch.from_arrays([words, same], names=["0", "1"])
    index = np.array([2, 0, 1, 1, 2], np.int32)
    whole = [gathered(column, index) for column in distinct.columns]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["1", None, "-3", "é", "=2"]), *whole, pa.nulls(5, pa.string())], names=["id", "a", "b", "c"]
    )
    plain = csv_rows(batch, ",", keeps_formulas=False)
    assert csv_rows(batch, ",", keeps_formulas=False, repeated=[Repeated(1, distinct, index)]) == plain
    assert plain.decode().splitlines() == [
        "1,\"'=1\"\"\",\"x;y\",", ',"a,b","x;y",', '-3,,"x;y",', 'é,,"x;y",', "'=2,\"'=1\"\"\",\"x;y\",",
    ]  # fmt: skip


def test_nested_values_are_one_cell() -> None:
    batch = pa.RecordBatch.from_pylist([{"a": {"b": [1, 2], "c": 'd"'}, "e": 1.5}])
    (row,) = csv.reader(io.StringIO(csv_rows(batch, ",", keeps_formulas=False).decode(), newline=""))
    assert row == ['{"b":[1,2],"c":"d\\""}', "1.5"]

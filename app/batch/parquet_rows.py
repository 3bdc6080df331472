"""Rows as a Parquet file of one row group, written so that it is small and quick to write."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from app.batch.columns import appended_fields

FILTERED = ("place_citycode", "place_department")
"""Appended columns with statistics, by which readers skip row groups; for the others they cost more than their writing."""
_SAMPLE_ROWS = 4_096


def parquet_rows(batch: pa.RecordBatch) -> memoryview:
    """A whole file. Appended words keep their dictionary; a column of the input gets one only where it repeats: for
    coordinates and identifiers a dictionary takes three times the time and more room.
    """
    appended = {field.name for field in appended_fields()}
    own = [name for name in batch.schema.names if name not in appended]
    repeating = [name for name in own if _repeats(batch.column(batch.schema.get_field_index(name)))]
    words = [field.name for field in batch.schema if field.name in appended and pa.types.is_dictionary(field.type)]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        batch.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[*repeating, *words],
        write_statistics=[*own, *FILTERED],
    ) as writer:
        if len(batch):
            writer.write_batch(batch, row_group_size=len(batch))
    return memoryview(sink.getvalue())


def _repeats(column: pa.Array) -> bool:
    """Whether the first rows hold at most half as many values as rows."""
    if pa.types.is_dictionary(column.type):
        return True
    if pa.types.is_nested(column.type) or pa.types.is_null(column.type):
        return False
    sample = column.slice(0, _SAMPLE_ROWS)
    return 2 * len(sample.unique()) <= len(sample)

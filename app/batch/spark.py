"""For those who own a Spark cluster: the same function under `mapInArrow`.

PySpark is an optional extra with an environment of its own (pandas < 3, Java); it is imported only by those who call.
Executors need this package and the same bundle (ZONAGE_DATA_DIR). Addresses are looked up as `geocode` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from app.batch.cluster import Opener, scorers_of_worker
from app.batch.columns import appended_fields, find_columns
from app.batch.profile import Profile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame  # type: ignore[import-not-found,unused-ignore]


def score_frame(frame: DataFrame, open_sources: Opener, profile: Profile, geocode: str = "never") -> DataFrame:
    """The rows of a Spark frame with the answer's columns, as plain strings and doubles.

    Raises:
        InvalidInput: no column names a place (when the job runs).
    """
    from pyspark.sql.types import DataType, DoubleType, StringType, StructField, StructType  # type: ignore[import-not-found,unused-ignore]

    def spark_type(kind: pa.DataType) -> DataType:
        return DoubleType() if pa.types.is_floating(kind) else StringType()

    added = [StructField(field.name, spark_type(field.type)) for field in appended_fields()]
    text = profile.to_json()

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorers = scorers_of_worker(open_sources, geocode, text)
        for batch in batches:
            yield without_dictionaries(scorers.of(find_columns(batch.schema)).score_batch(batch))

    return frame.mapInArrow(score, StructType([*frame.schema.fields, *added]))


def without_dictionaries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Spark reads plain columns only."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

"""The file of an index: a line of JSON, then arrays, each aligned to 64 bytes. Mapped, never copied.

`root` (181 x 361) and `blocks` (256 each) hold node values: n >= 0 is set n; otherwise c = -1 - n is, if even, block
c / 2, and if odd, the record that starts at word (c - 1) / 2 of `records`.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = "zonage-index-3"
ALIGNMENT = 64
Item = Literal["i", "Q"]
SECTIONS: dict[str, Item] = {
    "root": "i",
    "blocks": "i",
    "records": "i",
    "group_start": "i",
    "group_shapes": "i",
    "set_start": "i",
    "set_shapes": "i",
    "set_keys": "Q",
    "set_by_key": "i",
    "hit_start": "i",
    "hits": "i",
}
ITEM_BYTES: dict[Item, int] = {"i": 4, "Q": 8}
"""Sections in the order of the file, with their item format (`struct` letters). `set_keys` is ascending."""


@dataclass(frozen=True, eq=False)
class IndexFile:
    """A mapped index: its sections as typed memoryviews, its layers' ids, its reference fractions.

    `words` is the section `records` seen as float64.
    """

    sections: dict[str, memoryview[int]]
    words: memoryview[float]
    layers: tuple[str, ...]
    reference_x: float
    reference_y: float


def node_of_block(block: int) -> int:
    return -1 - 2 * block


def node_of_record(word: int) -> int:
    return -2 - 2 * word


def write_index(
    path: Path,
    arrays: dict[str, NDArray[np.int32] | NDArray[np.uint64]],
    layers: tuple[str, ...],
    reference_x: float,
    reference_y: float,
) -> None:
    """Write an index beside its place, then rename it: readers see the old file or the whole new one."""
    counts = {name: len(arrays[name]) for name in SECTIONS}
    header = {"format": FORMAT, "layers": layers, "reference": [reference_x, reference_y], "counts": counts}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(json.dumps(header).encode() + b"\n")
            for name in SECTIONS:
                file.write(bytes(-file.tell() % ALIGNMENT))
                arrays[name].tofile(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def open_index(path: Path) -> IndexFile:
    """Map an index.

    Raises:
        DataError: the file is missing, cut short, or of another format.
    """
    if sys.byteorder != "little":
        raise DataError("the index is little-endian; this machine is not.")
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(65536))
            position = file.tell()
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if header["format"] != FORMAT:
            raise DataError(f"{path.name} is an index of another format: rebuild it (zonage data build).")
        sections = {}
        for name, item in SECTIONS.items():
            position += -position % ALIGNMENT
            size = header["counts"][name] * ITEM_BYTES[item]
            if position + size > len(whole):
                raise DataError(f"{path.name} is cut short: rebuild it (zonage data build).")
            sections[name] = whole[position : position + size]
            position += size
        reference_x, reference_y = header["reference"]
        typed = {name: section.cast(SECTIONS[name]) for name, section in sections.items()}
        return IndexFile(typed, sections["records"].cast("d"), tuple(header["layers"]), reference_x, reference_y)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path.name} is not a readable index: rebuild it (zonage data build).") from error

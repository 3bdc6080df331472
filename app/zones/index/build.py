"""Build the index of a set of layers: outlines -> edges -> squares -> zone sets -> one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import DataError
from app.zones.index.bands import with_bands
from app.zones.index.borders import Borders
from app.zones.index.enumeration import Enumeration
from app.zones.index.grid import (
    BASE_SHIFT,
    LAST_SHIFT,
    LAT_OFFSET,
    LON_OFFSET,
    REFERENCES,
    ROOT_HEIGHT,
    ROOT_WIDTH,
    STEP,
    UNITS,
    Reference,
)
from app.zones.index.layer import Layer
from app.zones.index.outlines import Edges, Shapes, edges_of, shapes_of
from app.zones.index.raster import ROW_STRIDE, SIDE, BorderOnReference, Squares, crossings, rasterise
from app.zones.index.records import measure, write
from app.zones.index.refine import child_edges, child_sets
from app.zones.index.sets import MEMBERS, SETS, SetTable, SetTableFull, check_room, new_table, sweep
from app.zones.index.states import MAX_GROUPS
from app.zones.index.store import node_of_block, node_of_record, write_index
from app.zones.index.zone_sets import keys_of_sets

Ints = NDArray[np.int64]
Nodes = NDArray[np.int32]
_SetAt = Callable[[Ints], Nodes]


def build_index(layers: Sequence[Layer], path: Path) -> None:
    """Write the index of `layers` (and of the doubtful bands they ask for) at `path`, atomically.

    Raises:
        DataError: an outline is invalid or out of range, or more than twelve different borders meet in one place.
    """
    shapes = with_bands(layers, shapes_of(layers))
    edges = edges_of(shapes.geometries)
    squares = rasterise(edges)
    capacity = 4 * len(shapes.hits) + len(squares.key) + 1024
    for reference in REFERENCES:
        while True:
            try:
                builder = _Builder(edges, len(shapes.hits), reference, new_table(capacity))
                root = builder.build(squares)
            except SetTableFull:
                capacity *= 2
            except BorderOnReference:
                break
            else:
                write_index(path, _arrays(builder, root, shapes), tuple(layer.id for layer in layers),
                            reference.x, reference.y)  # fmt: skip
                return
    raise DataError("borders pass through every reference point of the index: it cannot be built from these layers.")


@dataclass(eq=False)
class _Builder:
    """The parts of an index being built; node values are those of `store`."""

    edges: Edges
    shape_count: int
    reference: Reference
    table: SetTable
    blocks: list[Nodes] = field(default_factory=list)
    block_count: int = 0
    records: list[NDArray[np.float64]] = field(default_factory=list)
    word_count: int = 0

    def __post_init__(self) -> None:
        edges = self.edges
        self.borders = Borders(edges.ends, edges.group, edges.group_start, edges.group_shapes)
        self.scratch = np.empty(self.shape_count + 1, dtype=np.int32)
        self.enumeration = Enumeration(self.borders, self.reference, self.shape_count)

    def build(self, squares: Squares) -> Nodes:
        """Fill blocks, records and sets; the root's nodes."""
        run_key, run_set = self._runs()

        def set_at(key: Ints) -> Nodes:
            run = np.searchsorted(run_key, key, side="right")
            found: Nodes = run_set[run]
            return found

        origin = np.column_stack((squares.key % ROW_STRIDE, squares.key // ROW_STRIDE)) / SIDE
        origin -= (LON_OFFSET, LAT_OFFSET)
        nodes = self._nodes(squares.start, squares.edge, origin, set_at(squares.key), BASE_SHIFT)
        row, column = np.divmod(np.arange(ROOT_HEIGHT * ROOT_WIDTH), ROOT_WIDTH)
        root = set_at(row * SIDE * ROW_STRIDE + column * SIDE)
        square_root = squares.key // ROW_STRIDE // SIDE * ROOT_WIDTH + squares.key % ROW_STRIDE // SIDE
        order = np.argsort(square_root, kind="stable")
        for chosen in np.split(order, np.flatnonzero(np.diff(square_root[order])) + 1):
            if len(chosen):
                number = int(square_root[chosen[0]])
                root[number] = self._root_square(number, squares.key[chosen], nodes[chosen], set_at)
        return root

    def _runs(self) -> tuple[Ints, Nodes]:
        """Keys where the set of reference points changes, and the sets: `run_set[searchsorted(run_key, key, right)]`."""
        found = crossings(self.edges, self.reference)
        run_set = np.zeros(len(found.key), dtype=np.int32)
        borders = self.borders
        closed = sweep(
            self.table, found.key, found.group, borders.group_start, borders.group_shapes, self.scratch, run_set
        )
        check_room(self.table)
        if not closed:
            raise DataError("a ring of an outline is not closed: the index cannot be built.")
        is_last = np.append(np.diff(found.key) != 0, True)[: len(found.key)]
        return found.key[is_last], np.concatenate((np.zeros(1, dtype=np.int32), run_set[is_last]))

    def _nodes(self, start: Ints, edge: Ints, origin: NDArray[np.float64], base: Nodes, shift: int) -> Nodes:
        """Node values of squares that borders touch, at one level: records, or blocks of smaller squares."""
        tables = self.enumeration.tables(self.table, start, edge, origin, base, shift)
        offset = np.zeros(len(base) + 1, dtype=np.int64)
        measure(self.borders, start, edge, tables, offset)
        words = np.zeros(offset[-1])
        write(self.borders, start, edge, tables, offset, words.view(np.int32), words)
        nodes = np.array(node_of_record(0) - 2 * (self.word_count + offset[:-1]), dtype=np.int32)
        self.records.append(words)
        self.word_count += len(words)
        crowded = np.flatnonzero(np.diff(tables.start) == 0)
        if len(crowded):
            if shift == LAST_SHIFT:
                raise DataError(f"more than {MAX_GROUPS} different borders meet near {origin[crowded[0]].tolist()}.")
            edges = [edge[start[square] : start[square + 1]] for square in crowded]
            nodes[crowded] = self._split(edges, origin[crowded], base[crowded], shift)
        return nodes

    def _split(self, edges: list[Ints], origin: NDArray[np.float64], base: Nodes, shift: int) -> Nodes:
        """The nodes of crowded squares: for each a block of 16 x 16 smaller ones."""
        child_deg = (1 << shift) / UNITS / 16
        blocks = np.zeros((len(edges), 256), dtype=np.int32)
        counts, found = np.zeros((len(edges), 256), dtype=np.int64), []
        for i, edge in enumerate(edges):
            counts[i], touching = self._children(edge, origin[i], base[i], child_deg, blocks[i])
            found.append(touching)
        square, child = np.nonzero(counts)
        corner = origin[square] + np.column_stack((child % 16, child // 16)) * child_deg
        start = np.concatenate(([0], np.cumsum(counts[square, child])))
        blocks[square, child] = self._nodes(start, np.concatenate(found), corner, blocks[square, child], shift - STEP)
        return np.array(self._add_blocks(blocks) - 2 * np.arange(len(edges)), dtype=np.int32)

    def _children(
        self, edge: Ints, origin: NDArray[np.float64], base: int, child_deg: float, child_set: Nodes
    ) -> tuple[Ints, Ints]:
        """How many edges touch each child of a square, and which; the sets of their reference points in `child_set`."""
        start = np.zeros(257, dtype=np.int64)
        found = np.empty(16 * len(edge) + 256, dtype=np.int64)
        total = child_edges(self.borders, edge, origin[0], origin[1], child_deg, start, found)
        if total > len(found):
            found = np.empty(total, dtype=np.int64)
            child_edges(self.borders, edge, origin[0], origin[1], child_deg, start, found)
        x, y, side_deg = self.reference.x, self.reference.y, 16 * child_deg
        if not child_sets(
            self.table, self.borders, edge, base, origin[0] + x * side_deg, origin[1] + y * side_deg,
            origin[0], origin[1], child_deg, x, y, self.scratch, child_set,
        ):  # fmt: skip
            raise BorderOnReference
        check_room(self.table)
        return np.diff(start), found[:total]

    def _root_square(self, number: int, key: Ints, nodes: Nodes, set_at: _SetAt) -> int:
        """The node of a root square with borders: a block of 1/16° squares, each a set or a block."""
        south, west = (number // ROOT_WIDTH) * SIDE, (number % ROOT_WIDTH) * SIDE
        rows, columns = np.arange(south, south + SIDE), np.arange(west, west + SIDE)
        values = set_at((rows[:, None] * ROW_STRIDE + columns).ravel()).reshape(SIDE, SIDE)
        values[key // ROW_STRIDE - south, key % ROW_STRIDE - west] = nodes
        children = values.reshape(16, 16, 16, 16).swapaxes(1, 2).reshape(256, 256)
        is_uniform = (children == children[:, :1]).all(axis=1)
        block = children[:, 0].copy()
        first = self._add_blocks(children[~is_uniform])
        block[~is_uniform] = first - 2 * np.arange(int((~is_uniform).sum()))
        return self._add_blocks(block[None, :])

    def _add_blocks(self, blocks: Nodes) -> int:
        """Keep blocks; the node of the first one."""
        self.blocks.append(blocks)
        self.block_count += len(blocks)
        return node_of_block(self.block_count - len(blocks))


def _arrays(builder: _Builder, root: Nodes, shapes: Shapes) -> dict[str, NDArray[np.int32] | NDArray[np.uint64]]:
    """The sections of the file (`store.SECTIONS`)."""
    table = builder.table
    sets, members = int(table.counts[SETS]), int(table.counts[MEMBERS])
    keys = keys_of_sets(table.start[: sets + 1], table.members[:members])
    by_key = np.argsort(keys, kind="stable")
    hits = [(2 * hit.layer + hit.relation, hit.row) for hits in shapes.hits for hit in hits]
    hit_start = np.cumsum([0, *(len(hits) for hits in shapes.hits)])
    return {
        "root": root,
        "blocks": np.concatenate([np.empty((0, 256), dtype=np.int32), *builder.blocks]).ravel(),
        "records": np.concatenate([np.empty(0), *builder.records]).view(np.int32),
        "group_start": builder.edges.group_start.astype(np.int32),
        "group_shapes": builder.edges.group_shapes.astype(np.int32),
        "set_start": table.start[: sets + 1].astype(np.int32),
        "set_shapes": table.members[:members].copy(),
        "set_keys": keys[by_key],
        "set_by_key": by_key.astype(np.int32),
        "hit_start": hit_start.astype(np.int32),
        "hits": np.array(hits, dtype=np.int32).ravel(),
    }

"""Which zones touch a point: the index, opened and asked. Imports neither numpy nor shapely for a single point."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property, lru_cache
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.errors import DataError
from app.zones.index.exact import base_set, chains_of, exact_groups
from app.zones.index.grid import ERROR_BOUND, ROOT_WIDTH, UNDERFLOW_BOUND, UNITS
from app.zones.index.layer import Hit, Relation
from app.zones.index.store import open_index
from app.zones.index.zone_sets import key_of_set

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.zones.index.kernel import Arrays

MEMBERS_KEPT = 16_384
"""Sets whose members are kept as Python objects: a few MB."""


CLEAR = 1e-10
"""No rounding error of a difference of two products of degrees reaches this: 2 x 360 x 360 x ERROR_BOUND is 9e-11."""


class Touched(NamedTuple):
    """What sets hold, as parallel int64 or int32 arrays: position of the set, layer, row and relation of each hit."""

    owner: NDArray[np.int64]
    layer: NDArray[np.int32]
    row: NDArray[np.int32]
    relation: NDArray[np.int32]


class ZoneIndex:
    """Zone sets of points, read from a mapped file; safe to share between threads and processes.

    A zone set is a number in `range(set_count)`; `members` says what it holds, 0 is "nothing here". The same file
    always gives the same numbers; they mean nothing in another file. Points are WGS 84 lon, lat in degrees. A point
    on a border (or on the rim of a doubtful band) belongs to every zone it bounds, as with shapely's `intersects`;
    the answer is exact, whatever the point.
    """

    def __init__(self, path: Path) -> None:
        file = open_index(path)
        sections = file.sections
        self.path = path
        self.layers = file.layers
        self.set_count = len(sections["set_start"]) - 1
        self._file = file
        self._root = sections["root"]
        self._blocks = sections["blocks"]
        self._words = file.words
        self._halves = sections["records"]
        self.members = lru_cache(MEMBERS_KEPT)(self._members)

    @classmethod
    def open(cls, path: Path) -> ZoneIndex:
        """Map an index file.

        Raises:
            DataError: the file is missing, cut short, or of another format.
        """
        return cls(path)

    def lookup(self, lon: float, lat: float) -> int:
        """The zone set of one point; 0 for a NaN or out-of-range coordinate."""
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            return 0
        x, y = floor(lon * UNITS), floor(lat * UNITS)
        node = self._root[((y >> 20) + 90) * ROOT_WIDTH + (x >> 20) + 180]
        shift = 20
        while node < 0:
            code = -1 - node
            if code & 1:
                return self._in_record(lon, lat, code >> 1, x, y, shift)
            shift -= 4
            node = self._blocks[code << 7 | (y >> shift & 15) << 4 | (x >> shift & 15)]
        return node

    def lookup_many(self, lon: NDArray[np.float64], lat: NDArray[np.float64], threads: int = 1) -> NDArray[np.int32]:
        """The zone sets of many points, in `threads` threads; arrays of one length. NaN or out of range: 0."""
        import numpy as np

        from app.zones.index.many import lookup_chunks

        found = lookup_chunks(self._arrays, lon, lat, threads)
        unsure = np.flatnonzero(found < 0)
        if len(unsure):
            points, which = np.unique(np.column_stack((lon[unsure], lat[unsure])), axis=0, return_inverse=True)
            found[unsure] = np.array([self.lookup(*point) for point in points.tolist()], dtype=np.int32)[which]
        return found

    def _in_record(self, lon: float, lat: float, record: int, x: int, y: int, shift: int) -> int:
        """The zone set of a point in a square that borders cross."""
        halves, words = self._halves, self._words
        square_deg = (1 << shift) / UNITS
        reference_lon = ((x >> shift) + self._file.reference_x) * square_deg
        reference_lat = ((y >> shift) + self._file.reference_y) * square_deg
        to_lon, to_lat = reference_lon - lon, reference_lat - lat
        kind = halves[2 * record]
        word = record + 1 + ((1 << kind >> 1) if kind > 0 else -kind)
        mask, clear = 0, CLEAR
        for _ in range(halves[2 * record + 1]):
            packed = halves[2 * word + 1]
            word += 1
            was_left: bool | None = None
            before_lon = before_lat = 0.0
            for word in range(word, word + (packed >> 5) * 2, 2):  # noqa: B020
                vertex_lon, vertex_lat = words[word] - lon, words[word + 1] - lat
                turn = to_lon * vertex_lat - to_lat * vertex_lon
                if -clear < turn < clear and _is_unsure(to_lon, to_lat, vertex_lon, vertex_lat):
                    return self._exactly(lon, lat, record, (reference_lon, reference_lat))
                is_left = turn > 0.0
                if is_left is not was_left and was_left is not None:
                    turn = before_lon * vertex_lat - before_lat * vertex_lon
                    if -clear < turn < clear and _is_unsure(before_lon, before_lat, vertex_lon, vertex_lat):
                        return self._exactly(lon, lat, record, (reference_lon, reference_lat))
                    is_point_left = turn > 0.0
                    start_lon, start_lat = words[word - 2] - reference_lon, words[word - 1] - reference_lat
                    end_lon, end_lat = words[word] - reference_lon, words[word + 1] - reference_lat
                    turn = start_lon * end_lat - start_lat * end_lon
                    if -clear < turn < clear and _is_unsure(start_lon, start_lat, end_lon, end_lat):
                        return self._exactly(lon, lat, record, (reference_lon, reference_lat))
                    if is_point_left != (turn > 0.0):
                        mask ^= 1 << (packed & 31)
                was_left, before_lon, before_lat = is_left, vertex_lon, vertex_lat
            word += 2
        if kind > 0:
            found = halves[2 * record + 2 + mask]
        else:
            found = -1
            for entry in range(2 * record + 2, 2 * record + 2 - 2 * kind, 2):
                if halves[entry] == mask:
                    found = halves[entry + 1]
                    break
        return found if found >= 0 else self._exactly(lon, lat, record, (reference_lon, reference_lat))

    def _exactly(self, lon: float, lat: float, record: int, reference: tuple[float, float]) -> int:
        """The zone set of a point so close to a border that only exact arithmetic can tell."""
        odd, on = exact_groups(chains_of(self._halves, self._words, record), (lon, lat), reference)
        shapes = set(self._shapes(base_set(self._halves, record)))
        for group in odd:
            shapes ^= self._bounded_by(group)
        for group in on:
            shapes |= self._bounded_by(group)
        keys = self._file.sections["set_keys"]
        key = key_of_set(shapes)
        position = bisect_left(keys, key)
        while position < len(keys) and keys[position] == key:
            number = self._file.sections["set_by_key"][position]
            if shapes.issuperset(self._shapes(number)) and len(shapes) == len(self._shapes(number)):
                return number
            position += 1
        raise DataError(f"{self.path.name} lacks a set of zones that a point has: rebuild it (zonage data build).")

    def _shapes(self, number: int) -> list[int]:
        start = self._file.sections["set_start"]
        return self._file.sections["set_shapes"][start[number] : start[number + 1]].tolist()

    def _bounded_by(self, group: int) -> set[int]:
        start = self._file.sections["group_start"]
        return set(self._file.sections["group_shapes"][start[group] : start[group + 1]].tolist())

    def _members(self, set_id: int) -> tuple[Hit, ...]:
        """What a zone set holds, ascending by layer, row, relation, without repetition.

        Raises:
            IndexError: there is no such set.
        """
        if not 0 <= set_id < self.set_count:
            raise IndexError(set_id)
        start, hits = self._file.sections["hit_start"], self._file.sections["hits"]
        found = {
            Hit(hits[2 * i] >> 1, hits[2 * i + 1], Relation(hits[2 * i] & 1))
            for shape in self._shapes(set_id)
            for i in range(start[shape], start[shape + 1])
        }
        return tuple(sorted(found))

    def touched(self, set_id: int) -> list[tuple[int, int, int]]:
        """(layer, row, relation) of what a zone set holds, as plain numbers, in no order, repetitions included.

        For callers that read each set once: nothing is kept. `members` is the readable form.
        """
        sections = self._file.sections
        start, hits = sections["hit_start"], sections["hits"]
        first, last = sections["set_start"][set_id], sections["set_start"][set_id + 1]
        return [
            (hits[2 * i] >> 1, hits[2 * i + 1], hits[2 * i] & 1)
            for shape in sections["set_shapes"][first:last].tolist()
            for i in range(start[shape], start[shape + 1])
        ]

    def touched_many(self, set_ids: NDArray[np.int32]) -> Touched:
        """`touched` of many sets, set after set."""
        import numpy as np

        def pieces(start: memoryview, chosen: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            """The ranges `start[i]:start[i + 1]` of the chosen, one after another; and whose each element is."""
            starts = np.frombuffer(start, np.int32).astype(np.int64)
            first, size = starts[chosen], starts[chosen + 1] - starts[chosen]
            before = np.cumsum(size) - size
            return np.arange(size.sum()) + np.repeat(first - before, size), np.repeat(np.arange(len(chosen)), size)

        sections = self._file.sections
        shape_at, owner = pieces(sections["set_start"], set_ids)
        hit_at, shape = pieces(sections["hit_start"], np.frombuffer(sections["set_shapes"], np.int32)[shape_at])
        hits = np.frombuffer(sections["hits"], np.int32)
        word = hits[2 * hit_at]
        return Touched(owner[shape], word >> 1, hits[2 * hit_at + 1], word & 1)

    @cached_property
    def _arrays(self) -> Arrays:
        from app.zones.index.many import arrays_of

        return arrays_of(self._file)


def _is_unsure(a_lon: float, a_lat: float, b_lon: float, b_lat: float) -> bool:
    """Whether floats cannot tell the sign of a_lon * b_lat - a_lat * b_lon."""
    left, right = a_lon * b_lat, a_lat * b_lon
    return abs(left - right) <= ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW_BOUND

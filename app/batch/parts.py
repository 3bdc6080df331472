"""Parts of an output being written: each appears whole or not at all, so that a killed run loses and repeats nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import orjson

from app.batch.summary import Summary
from app.batch.tables import Encoder
from app.errors import InvalidInput

MANIFEST = "job.json"


class PartsFolder:
    """The folder beside an output where its parts wait: `.<name>.parts`. A part counts once its summary, written last
    by rename, is there; the output replaces the folder by one rename at the end.
    """

    def __init__(self, output: Path, encoder: Encoder) -> None:
        self.output = output
        self.folder = output.with_name(f".{output.name}.parts")
        self._encoder = encoder

    def open(self, identity: Mapping[str, object], *, resume: bool) -> dict[int, Summary]:
        """Begin, or take up a former run: the parts already there, by number.

        Raises:
            InvalidInput: the former run was another job (other input, profile, date or data).
        """
        manifest = self.folder / MANIFEST
        wanted = orjson.dumps(dict(identity), option=orjson.OPT_SORT_KEYS, default=str)
        if resume and manifest.is_file():
            if manifest.read_bytes() != wanted:
                raise InvalidInput(
                    "The unfinished run is of another job: its input, profile, dates or data differ. Run without --resume.",
                    field="resume",
                )
            return self._done()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        write_whole(manifest, [wanted])
        return {}

    def write(self, number: int, pieces: Sequence[bytes | memoryview], summary: Summary) -> None:
        """Write part `number`; nothing of it shows before all of it does."""
        part = self._part(number)
        temporary = part.with_suffix(".tmp")
        with temporary.open("wb") as file:
            self._encoder.write_part(pieces, file)
            _flush(file)
        temporary.replace(part)
        write_whole(self._summary(number), [summary.to_json()])

    def finish(self, count: int) -> None:
        """Put parts 0 to `count` - 1 together, in the output's place, and remove the folder."""
        temporary = self.output.with_name(f".{self.output.name}.tmp")
        try:
            self._encoder.assemble([self._part(number) for number in range(count)], temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(self.output)
        finally:
            temporary.unlink(missing_ok=True)
        self.discard()

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _done(self) -> dict[int, Summary]:
        return {
            int(path.stem): Summary.from_json(path.read_bytes())
            for path in self.folder.glob("*.summary")
            if self._part(int(path.stem)).is_file()
        }

    def _part(self, number: int) -> Path:
        return self.folder / f"{number:06d}{self._encoder.part_suffix}"

    def _summary(self, number: int) -> Path:
        return self.folder / f"{number:06d}.summary"


def write_whole(path: Path, pieces: Sequence[bytes]) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        file.writelines(pieces)
        _flush(file)
    temporary.replace(path)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())

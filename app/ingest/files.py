"""The files of a build, by reader, with the dataset that each one is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.ingest.recognise import Found
from app.ingest.sources import ReaderId, Sources
from app.ingest.write import Progress


@dataclass(frozen=True, slots=True)
class Files:
    """Gives each reader its file, and tells `progress` when one is taken."""

    found: Found
    sources: Sources
    progress: Progress

    def one(self, reader: ReaderId) -> Path | None:
        paths = self.found.files.get(reader, ())
        if not paths:
            return None
        self.progress(paths[0].name)
        return paths[0]

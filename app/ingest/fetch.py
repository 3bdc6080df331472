"""Download official files: resumed when cut, capped, checked, put in place in one rename; the old file stays otherwise."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
import orjson

from app.errors import DownloadError
from app.ingest.manifest import sha256_of
from app.ingest.sources import DatasetSpec

Received = Callable[[int, int | None], None]
"""Told the bytes received so far and the whole size, when the server says it."""

_CHUNK_BYTES = 1 << 16
_MAX_REDIRECTS = 5
_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_HTML_STARTS = (b"<!doctype html", b"<html")


class _Cut(Exception):
    """The connection ended before the file did; what came is kept and the rest can be asked for."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file in place. `was_there` when nothing had to be downloaded."""

    path: Path
    bytes: int
    sha256: str
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """`attempts` in all, with `pause_s` × the attempt's number between them."""

    attempts: int = 4
    pause_s: float = 1.0
    force: bool = False


class _Partial:
    """The part of a file already here, and the validator of the version it is a part of."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(target.name + ".part")
        self._note = target.with_name(target.name + ".part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() and self._note.is_file() else 0

    def headers(self) -> dict[str, str]:
        """A request for the rest, valid only while the file on the server is the one that was begun."""
        if not self.size:
            return {}
        validator = orjson.loads(self._note.read_bytes())["validator"]
        return {"Range": f"bytes={self.size}-", "If-Range": validator} if validator else {}

    def begin(self, validator: str | None) -> None:
        self.path.unlink(missing_ok=True)
        self._note.write_bytes(orjson.dumps({"validator": validator}))

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def put_in_place(self, target: Path) -> None:
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(self.path, target)
        self._note.unlink(missing_ok=True)


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise DownloadError("The server redirects to an address that is not https.")


def _validator(response: httpx2.Response) -> str | None:
    etag = response.headers.get("etag")
    if etag and not etag.startswith("W/"):
        return str(etag)
    modified = response.headers.get("last-modified")
    return str(modified) if modified else None


def _whole_size(response: httpx2.Response, resumed_at: int) -> int | None:
    length = response.headers.get("content-length")
    if length is None or not length.isdigit() or response.headers.get("content-encoding"):
        return None
    return resumed_at + int(length)


def _refuse_html(dataset: DatasetSpec, response: httpx2.Response, head: bytes) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml") or head.lstrip()[:20].lower().startswith(_HTML_STARTS):
        raise DownloadError(f"{dataset.id}: the address gives a web page instead of data. {_advice(dataset)}")


def _advice(dataset: DatasetSpec) -> str:
    return dataset.by_hand or "Download the file by hand (see docs/data.md), then use --from."


def _refuse_status(dataset: DatasetSpec, status: int) -> None:
    if status in (200, 206):
        return
    if status in (408, 429) or status >= 500:
        raise _Cut(f"the server answers {status}")
    raise DownloadError(f"{dataset.id}: the server answers {status}. {_advice(dataset)}")


def _resume_point(response: httpx2.Response, partial: _Partial) -> int:
    """Where the body of the answer starts: the size of the part when the server goes on from there, else 0."""
    if response.status_code == 206:
        start = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
        if start == str(partial.size):
            return partial.size
        partial.discard()
        raise _Cut("the server resumes elsewhere")
    partial.begin(_validator(response))
    return 0


def _receive(dataset: DatasetSpec, response: httpx2.Response, partial: _Partial, received: Received) -> None:
    if response.status_code == 416:
        partial.discard()
        raise _Cut("the part kept is longer than the file")
    _refuse_status(dataset, response.status_code)
    done = _resume_point(response, partial)
    whole = _whole_size(response, done)
    too_large = f"{dataset.id}: larger than {dataset.max_bytes:,} bytes (max_bytes in data/sources.yaml)."
    if whole is not None and whole > dataset.max_bytes:
        partial.discard()
        raise DownloadError(too_large)
    is_first = done == 0
    with partial.path.open("ab") as file:
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            if is_first:
                _refuse_html(dataset, response, chunk)
                is_first = False
            done += len(chunk)
            if done > dataset.max_bytes:
                raise DownloadError(too_large)
            file.write(chunk)
            received(done, whole)
    if whole is not None and done < whole:
        raise _Cut(f"{done:,} bytes of {whole:,} came")


def _attempt(client: httpx2.Client, dataset: DatasetSpec, url: str, partial: _Partial, received: Received) -> None:
    """One request, redirects followed one by one so that each address is checked."""
    for _ in range(_MAX_REDIRECTS + 1):
        headers = {"Accept-Encoding": "identity", **partial.headers()}
        try:
            with client.stream("GET", _checked_url(url), headers=headers) as response:
                if response.status_code not in (301, 302, 303, 307, 308):
                    _receive(dataset, response, partial, received)
                    return
                url = urljoin(url, response.headers.get("location", ""))
        except (httpx2.TransportError, httpx2.StreamError) as error:
            raise _Cut(f"the connection failed ({type(error).__name__})") from error
    raise DownloadError(f"{dataset.id}: more than {_MAX_REDIRECTS} redirects.")


def _check(dataset: DatasetSpec, partial: _Partial) -> str:
    """The SHA-256 of the whole file; refused when sources.yaml states another."""
    if not partial.path.is_file() or partial.path.stat().st_size == 0:
        partial.discard()
        raise DownloadError(f"{dataset.id}: the server gives an empty file.")
    digest = sha256_of(partial.path)
    if dataset.sha256 is not None and digest != dataset.sha256:
        partial.discard()
        raise DownloadError(f"{dataset.id}: the checksum of what came is not the one in data/sources.yaml.")
    return digest


def fetch(dataset: DatasetSpec, directory: Path, received: Received, options: FetchOptions = FetchOptions()) -> Fetched:
    """Download one dataset into `directory`, under the name that data/sources.yaml gives.

    A cut download keeps its part: the next attempt, or the next run, asks for the rest if the server's file is the same.
    The file that was there stays until the new one is whole and checked.

    Raises:
        DownloadError: no address, refused by the server, too large, a web page, a wrong checksum, or cut every time.
    """
    if dataset.url is None or dataset.file is None:
        raise DownloadError(f"{dataset.id} has no address. {_advice(dataset)}")
    target = directory / dataset.file
    if target.is_file() and not options.force:
        return Fetched(target, target.stat().st_size, sha256_of(target), was_there=True)
    directory.mkdir(parents=True, exist_ok=True)
    partial = _Partial(target)
    reason = ""
    with httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=True) as client:
        for attempt in range(options.attempts):
            if attempt:
                time.sleep(options.pause_s * attempt)
            try:
                _attempt(client, dataset, dataset.url, partial, received)
                break
            except _Cut as cut:
                reason = str(cut)
            except DownloadError:
                partial.discard()
                raise
        else:
            raise DownloadError(f"{dataset.id}: {reason}, {options.attempts} times. Run it again to go on.")
    digest = _check(dataset, partial)
    partial.put_in_place(target)
    return Fetched(target, target.stat().st_size, digest)

"""Downloads from a local server that misbehaves on demand: cut, lying, slow to find, or serving something else."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.errors import DownloadError
from app.ingest.fetch import FetchOptions, fetch
from app.ingest.sources import DatasetSpec

DATA = bytes(range(256)) * 2_000  # 512,000 bytes
NO_PAUSE = FetchOptions(attempts=3, pause_s=0.0)


@dataclass
class Behaviour:
    """What the server does next, and what it was asked."""

    body: bytes = DATA
    etag: str | None = '"v1"'
    content_type: str = "application/zip"
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ignores_ranges: bool = False
    hides_length: bool = False
    redirect_to: str | None = None
    asked_ranges: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def do_GET(self) -> None:
        now = self.behaviour
        if now.redirect_to and self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", now.redirect_to)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        asked = self.headers.get("Range")
        now.asked_ranges.append(asked)
        if now.statuses:
            self.send_error(now.statuses.pop(0))
            return
        start = 0
        if asked and not now.ignores_ranges and self.headers.get("If-Range") == now.etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(now.body) and start:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", now.content_type)
        if now.etag:
            self.send_header("ETag", now.etag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(now.body) - 1}/{len(now.body)}")
        if not now.hides_length:
            self.send_header("Content-Length", str(len(now.body) - start))
        self.end_headers()
        rest = now.body[start:]
        if now.cut_after:
            self.wfile.write(rest[: now.cut_after.pop(0)])
            self.wfile.flush()
            self.connection.close()
            return
        self.wfile.write(rest)

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def address(behaviour: Behaviour) -> Iterator[str]:
    handler = type("Bound", (Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def dataset(url: str | None, **more: object) -> DatasetSpec:
    """A dataset on the loopback; data/sources.yaml itself only takes https."""
    fields: dict[str, object] = {
        "id": "essai", "title": "Essai", "producer": "Essai", "licence": "Licence Ouverte 2.0", "file": "essai.zip",
        "layout_confidence": "high", "max_bytes": 1_000_000, "by_hand": "By hand.",
    }  # fmt: skip
    return DatasetSpec.model_validate(fields).model_copy(update={"url": url, **more})


def quiet(done: int, whole: int | None) -> None:
    return None


def leftovers(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_whole_file_lands_with_progress_and_checksum(address: str, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    got = fetch(dataset(address), tmp_path, lambda done, whole: told.append((done, whole)), NO_PAUSE)
    assert got.path.read_bytes() == DATA
    assert got.sha256 == hashlib.sha256(DATA).hexdigest()
    assert told[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert leftovers(tmp_path) == ["essai.zip"]


def test_file_already_there_is_not_asked_again_unless_forced(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    (tmp_path / "essai.zip").write_bytes(b"old")
    assert fetch(dataset(address), tmp_path, quiet, NO_PAUSE).was_there
    assert behaviour.asked_ranges == []
    fetch(dataset(address), tmp_path, quiet, FetchOptions(attempts=1, force=True))
    assert (tmp_path / "essai.zip").read_bytes() == DATA


def test_cut_connection_resumes_where_it_stopped(address: str, behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.cut_after = [200_000, 100_000]
    got = fetch(dataset(address), tmp_path, quiet, NO_PAUSE)
    assert got.path.read_bytes() == DATA
    assert behaviour.asked_ranges[0] is None
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in behaviour.asked_ranges[1:] if asked]
    assert len(starts) == 2, behaviour.asked_ranges
    assert 0 < starts[0] <= 200_000
    assert starts[0] < starts[1] <= 300_000


def test_cut_every_time_keeps_the_part_for_the_next_run(address: str, behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.cut_after = [150_000, 1, 1]
    (tmp_path / "essai.zip").write_bytes(b"old")
    with pytest.raises(DownloadError, match="3 times"):
        fetch(dataset(address), tmp_path, quiet, FetchOptions(attempts=3, pause_s=0.0, force=True))
    assert (tmp_path / "essai.zip").read_bytes() == b"old"
    behaviour.asked_ranges.clear()
    assert fetch(dataset(address), tmp_path, quiet, FetchOptions(attempts=1, force=True)).path.read_bytes() == DATA
    assert behaviour.asked_ranges[0], "the second run asked for the rest only"
    assert leftovers(tmp_path) == ["essai.zip"]


def test_file_changed_between_two_attempts_is_taken_from_its_start(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.cut_after = [150_000]
    with pytest.raises(DownloadError):
        fetch(dataset(address), tmp_path, quiet, FetchOptions(attempts=1))
    behaviour.body, behaviour.etag = DATA[::-1], '"v2"'
    assert fetch(dataset(address), tmp_path, quiet, NO_PAUSE).path.read_bytes() == DATA[::-1]


def test_server_that_ignores_ranges_or_has_no_validator_still_gives_the_whole_file(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.cut_after, behaviour.ignores_ranges = [150_000], True
    assert fetch(dataset(address), tmp_path / "a", quiet, NO_PAUSE).path.read_bytes() == DATA
    behaviour.cut_after, behaviour.etag = [150_000], None
    assert fetch(dataset(address), tmp_path / "b", quiet, NO_PAUSE).path.read_bytes() == DATA


def test_busy_server_is_asked_again(address: str, behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.statuses = [503, 429]
    assert fetch(dataset(address), tmp_path, quiet, NO_PAUSE).path.read_bytes() == DATA


@pytest.mark.parametrize("status", [404, 403, 410])
def test_refusal_is_final_and_says_how_to_get_the_file_by_hand(
    address: str, behaviour: Behaviour, tmp_path: Path, status: int
) -> None:
    behaviour.statuses = [status]
    with pytest.raises(DownloadError, match=rf"answers {status}.*--from"):
        fetch(dataset(address, by_hand=None), tmp_path, quiet, NO_PAUSE)
    assert len(behaviour.asked_ranges) == 1
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/html; charset=utf-8", b"PK data"), ("application/zip", b"\n<!DOCTYPE html><p>maintenance</p>")],
)
def test_web_page_instead_of_data_is_refused(
    address: str, behaviour: Behaviour, tmp_path: Path, content_type: str, body: bytes
) -> None:
    behaviour.content_type, behaviour.body = content_type, body
    (tmp_path / "essai.zip").write_bytes(b"old")
    with pytest.raises(DownloadError, match="web page"):
        fetch(dataset(address), tmp_path, quiet, FetchOptions(attempts=2, pause_s=0.0, force=True))
    assert (tmp_path / "essai.zip").read_bytes() == b"old"
    assert leftovers(tmp_path) == ["essai.zip"]


def test_wrong_checksum_leaves_the_old_file_untouched(address: str, tmp_path: Path) -> None:
    (tmp_path / "essai.zip").write_bytes(b"old")
    with pytest.raises(DownloadError, match="checksum"):
        fetch(dataset(address, sha256="0" * 64), tmp_path, quiet, FetchOptions(attempts=2, pause_s=0.0, force=True))
    assert (tmp_path / "essai.zip").read_bytes() == b"old"
    assert leftovers(tmp_path) == ["essai.zip"]
    right = hashlib.sha256(DATA).hexdigest()
    assert fetch(dataset(address, sha256=right), tmp_path, quiet, FetchOptions(force=True)).sha256 == right


@pytest.mark.parametrize("hides_length", [False, True], ids=["announced", "unannounced"])
def test_file_larger_than_its_cap_is_refused(
    address: str, behaviour: Behaviour, tmp_path: Path, hides_length: bool
) -> None:
    behaviour.hides_length = hides_length
    with pytest.raises(DownloadError, match="larger than 100,000 bytes"):
        fetch(dataset(address, max_bytes=100_000), tmp_path, quiet, NO_PAUSE)
    assert leftovers(tmp_path) == []


def test_empty_answer_is_refused(address: str, behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.body = b""
    with pytest.raises(DownloadError, match="empty"):
        fetch(dataset(address), tmp_path, quiet, NO_PAUSE)


def test_redirect_is_followed_only_to_https_or_this_machine(address: str, behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.redirect_to = f"{address}/here"
    assert fetch(dataset(f"{address}/moved"), tmp_path, quiet, NO_PAUSE).path.read_bytes() == DATA
    behaviour.redirect_to = "http://example.org/elsewhere"
    with pytest.raises(DownloadError, match="not https"):
        fetch(dataset(f"{address}/moved"), tmp_path / "b", quiet, NO_PAUSE)
    behaviour.redirect_to = f"{address}/moved"
    with pytest.raises(DownloadError, match="redirects"):
        fetch(dataset(f"{address}/moved"), tmp_path / "c", quiet, NO_PAUSE)


def test_server_that_is_not_there_is_a_download_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="connection failed"):
        fetch(dataset("http://127.0.0.1:9"), tmp_path, quiet, FetchOptions(attempts=2, pause_s=0.0))


def test_dataset_without_address_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="Page du ministère"):
        fetch(dataset(None, by_hand="Page du ministère"), tmp_path, quiet, NO_PAUSE)

"""Composition root: settings -> catalogue, rules, geocoder -> FastAPI application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import structlog
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import __version__
from app.aids.loader import load_rules
from app.aids.question import CANDIDATES_MAXIMUM, ZONES_MAXIMUM
from app.aids.reading import HELD_MAXIMUM
from app.api import (
    aids,
    assess,
    batch,
    compare,
    datasets,
    downloads,
    geocode,
    ogc,
    operations,
    page_site,
    score,
    tiles,
    zone_shapes,
    zones,
)
from app.api.dependencies import Service
from app.api.geocode_csv import MAX_FILE_BYTES, MAX_ROWS
from app.api.guards import Caps, Guard, Hot
from app.api.hot_tiles import HotTiles
from app.api.hot_zones import HotZones
from app.api.metrics import Metrics
from app.api.ogc_query import MAX_LIMIT
from app.api.openapi import describe
from app.api.problems import add_problem_handlers
from app.batch.limits import MAX_CANDIDATES, MAX_COLUMNS, MAX_GEOJSON_BYTES, MAX_RECORD_BYTES, MAX_SHEET_ROWS
from app.errors import DataError, ZoningError
from app.geocoding.engines import open_geocoder
from app.geocoding.geocoder import Closable
from app.settings import DataSettings, Settings, repository_data
from app.tiles.grid import MAX_ZOOM
from app.tiles.store import TileStore
from app.zones.catalogue import Catalogue

_log = structlog.get_logger("zonage.service")


def bundle_directory(settings: DataSettings) -> Path:
    """The bundle in service: ZONAGE_DATA_DIR, else what `data use` chose, else the embedded one."""
    if settings.data_dir is not None:
        return settings.data_dir
    embedded = repository_data() / "geo"
    current = embedded / "current"
    if current.is_file():
        return Path(current.read_text(encoding="utf-8").strip())
    return embedded


def cache_directory(settings: DataSettings, bundle: Path) -> Path:
    """Derived files: ZONAGE_CACHE_DIR, else `cache/` beside the bundle, else the user's cache when that is read-only."""
    if settings.cache_dir is not None:
        return settings.cache_dir
    beside = bundle.parent / "cache"
    with contextlib.suppress(OSError):
        beside.mkdir(parents=True, exist_ok=True)
        probe = beside / ".writable"
        probe.touch()
        probe.unlink()
        return beside
    return Path.home() / ".cache" / "zonage-sante"


def open_service(settings: Settings) -> Service:
    """Load everything that answers. Derived files missing from the cache are built first (seconds).

    Raises:
        DataError, RuleError: the bundle or a rule file is broken; the message says what to do.
    """
    bundle = bundle_directory(settings.data)
    cache = cache_directory(settings.data, bundle)
    catalogue = Catalogue(bundle, cache)
    rules = load_rules(settings.data.rules_dir or repository_data() / "aids", with_examples=False)
    store = TileStore(catalogue, (bundle / "tiles", cache / "tiles"), settings.http.tile_cache_bytes)
    geocoder = open_geocoder(bundle, cache, catalogue.data_version, settings.geocoder, settings.http.workers)
    return Service(catalogue, rules, geocoder, store, cache)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole application. Nothing is read before the server starts it."""
    settings = settings or Settings()
    configure_logs()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = await asyncio.to_thread(open_service, settings)
        gc.freeze()  # the catalogue lives as long as the process: the collector need not walk it again
        watcher = asyncio.create_task(_watch(app, settings)) if settings.data.reload_poll_s else None
        try:
            yield
        finally:
            if watcher is not None:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher
            await _close(app.state.service)

    app = FastAPI(
        title="Zonage Santé",
        version=__version__,
        summary="Which zones a place in France is in, and which installation aids it opens, for how much and why.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # no address leaves; our own metrics at /metrics
    )
    app.state.limits = limits_in_force(settings)
    app.state.public_url = settings.http.public_url
    app.state.base_map_url = settings.page.base_map_url
    app.state.metrics = Metrics() if settings.http.metrics else None
    token = settings.http.reload_token
    app.state.reload_token = token.get_secret_value() if token else None
    app.state.reload = lambda: _reload(app, settings)
    add_problem_handlers(app)
    for resource in (
        tiles, assess, compare, zones, aids, geocode, datasets, downloads, zone_shapes, ogc, batch, score, operations,
        page_site,
    ):  # fmt: skip
        app.include_router(resource.router)
    describe(app)
    caps = Caps(
        settings.http.max_body_bytes, settings.http.max_batch_bytes, settings.http.max_concurrency,
        settings.http.rate_limit, settings.http.deadline_s,
    )  # fmt: skip
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD", "POST"], allow_headers=["*"],
        expose_headers=["ETag", "X-Request-ID", "X-Rows-Count"],
    )  # fmt: skip
    hot: dict[str, Hot] = {
        "/v1/zones": HotZones(lambda: app.state.service),
        "/tiles/": HotTiles(lambda: app.state.service),
    }
    app.add_middleware(Guard, caps=caps, metrics=app.state.metrics, hot=hot)
    return app


def limits_in_force(settings: Settings) -> dict[str, object]:
    """Caps published at `/v1/limits`."""
    http = settings.http
    return {
        "max_body_bytes": http.max_body_bytes,
        "max_batch_bytes": http.max_batch_bytes,
        "max_concurrency": http.max_concurrency,
        "rate_limit": http.rate_limit,
        "deadline_s": http.deadline_s,
        "max_compare": compare.MAX_QUESTIONS,
        "max_score_candidates": MAX_CANDIDATES,
        "max_ogc_items": MAX_LIMIT,
        "max_geocode_results": geocode.MAX_LIMIT,
        "max_geocode_csv_rows": MAX_ROWS,
        "max_geocode_csv_bytes": MAX_FILE_BYTES,
        "max_held_aids": HELD_MAXIMUM,
        "max_evaluated_zones": ZONES_MAXIMUM,
        "max_evaluated_candidates": CANDIDATES_MAXIMUM,
        "max_batch_columns": MAX_COLUMNS,
        "max_batch_record_bytes": MAX_RECORD_BYTES,
        "max_batch_geojson_bytes": MAX_GEOJSON_BYTES,
        "max_batch_sheet_rows": MAX_SHEET_ROWS,
        "max_tile_zoom": MAX_ZOOM,
    }


async def _watch(app: FastAPI, settings: Settings) -> None:
    """Swap in a new bundle when its manifest changes; on any failure keep the one in service and say so in /readyz."""
    manifest = bundle_directory(settings.data) / "manifest.json"
    seen = _stamp(manifest)
    while True:
        await asyncio.sleep(settings.data.reload_poll_s)
        manifest = bundle_directory(settings.data) / "manifest.json"
        stamp = _stamp(manifest)
        if stamp == seen or stamp is None:
            continue
        seen = stamp
        await _reload(app, settings)


async def _reload(app: FastAPI, settings: Settings) -> str | None:
    """Build the new service whole, then swap one reference; on failure keep the old one and return the error's code."""
    former = app.state.service
    try:
        app.state.service = await asyncio.to_thread(open_service, settings)
    except (ZoningError, OSError, ValueError, KeyError) as error:
        app.state.reload_error = error.code if isinstance(error, ZoningError) else DataError.code
        _log.error("reload failed, former bundle kept", error=app.state.reload_error)
        return str(app.state.reload_error)
    await _close(former)
    app.state.reload_error = None
    _log.info("reloaded", data_version=app.state.service.data_version)
    return None


async def _close(service: Service) -> None:
    """Close the connections of a remote geocoder, when there is one."""
    if isinstance(service.geocoder, Closable):
        await service.geocoder.close()


def _stamp(manifest: Path) -> tuple[str, int, int] | None:
    try:
        status = manifest.stat()
    except OSError:
        return None
    return str(manifest), status.st_mtime_ns, status.st_size


def configure_logs() -> None:
    """JSON, one line a request, on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )

"""All the pages people read, in one router."""

from __future__ import annotations

from fastapi import APIRouter

from app.api import page_catalogue, page_compare, pages

router = APIRouter()
for part in (pages, page_compare, page_catalogue):
    router.include_router(part.router)

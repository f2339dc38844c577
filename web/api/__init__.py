"""The REST API: other programs open, read and withdraw escalations, and take everything home."""

from fastapi import APIRouter

from web.api import describe, escalations, export

router = APIRouter()
for part in (describe, escalations, export):
    router.include_router(part.router)

__all__ = ["router"]

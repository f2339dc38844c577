"""The REST API: other programs open, read and withdraw escalations, change schedules, and export everything."""

from fastapi import APIRouter

from web.api import escalations, export, openapi, shifts, slots

router = APIRouter()
for part in (openapi, escalations, slots, shifts, export):
    router.include_router(part.router)

__all__ = ["router"]

"""Support ops: find any escalation, read its story, and get stuck ones moving."""

from fastapi import APIRouter

from web.ops import acting, finding, reading, rebuilding

router = APIRouter()
for part in (finding, reading, acting, rebuilding):
    router.include_router(part.router)

__all__ = ["router"]

"""Rules: reading, editing and trying them, publishing a version, rollouts, and going back to an earlier version."""

from fastapi import APIRouter

from web.rules import assisting, editing, past, rollouts, versions, weighing

router = APIRouter()
for part in (editing, assisting, past, rollouts, versions, weighing):
    router.include_router(part.router)

__all__ = ["router"]

"""Outcomes: what came of the calls, in six sentences with a number each, and what would have come of them."""

from fastapi import APIRouter

from web.outcomes import reading, what_if

router = APIRouter()
for part in (reading, what_if):
    router.include_router(part.router)

__all__ = ["router"]

"""Outcomes: six figures about the calls, each in a sentence, and simulations of other ways of working."""

from fastapi import APIRouter

from web.outcomes import reading, what_if

router = APIRouter()
for part in (reading, what_if):
    router.include_router(part.router)

__all__ = ["router"]

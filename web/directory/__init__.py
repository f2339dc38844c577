"""The directory: people with their teams, titles and skills, and the names that rules use."""

from fastapi import APIRouter

from web.directory import names, people, person

router = APIRouter()
for part in (people, person, names):
    router.include_router(part.router)

__all__ = ["router"]

"""The agent's desk: presence, live offers, calls, wrap-ups and escalations."""

from fastapi import APIRouter

from web.desk import calls, escalate, live, offers, presence, requests, slots

router = APIRouter()
for part in (live, presence, offers, calls, requests, escalate, slots):
    router.include_router(part.router)

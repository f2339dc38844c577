"""The agent's desk: presence, live offers, calls, wrap-ups and escalations."""

from fastapi import APIRouter

from web.desk import calls, escalate, follow_ups, live, offers, presence, requests, slots

router = APIRouter()
for part in (live, presence, offers, calls, follow_ups, requests, escalate, slots):
    router.include_router(part.router)

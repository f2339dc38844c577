"""The call itself: what the two sides' pages exchange with Muster while they talk, under their join links.

Media goes from browser to browser, or through a relay; it never comes here.
"""

from fastapi import APIRouter

from web.call import presence, signals, stream

router = APIRouter()
for part in (presence, signals, stream):
    router.include_router(part.router)

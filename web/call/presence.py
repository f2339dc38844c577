"""Which page of which side is in the call: beats while it is open, and its leaving."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import JSONResponse

from database.clock import current_time
from database.stores.call import arrive, end_call
from database.stores.call_pages import NOTHING_MORE, beat, leave, note_changes
from domain.call import NotInCall, may_join
from web.call.limits import Limits
from web.call.stream import told
from web.call.visit import named, open_join
from web.customer.customer_link import LinkRequest
from web.dependencies import AppRoom
from web.security.csrf import Guarded

router = APIRouter()
Field = Annotated[str, Form()]


@router.post("/join/{token}/beat", dependencies=[Guarded])
async def still_here(
    visit: LinkRequest,
    room: AppRoom,
    limits: Limits,
    token: str,
    page: Field = "",
    enter: Field = "",
    hears: Field = "",
) -> Response:
    """Note that this page is open; with ``enter=yes`` it joins the call, in place of any other page of its side.

    ``hears=yes``: the other side's sound or picture arrives, so the other side isn't lost, whatever its beats. Answers
    what the page may know of the other side, or that the call is over.
    """
    limits.count("beat", token)
    join = await open_join(visit, token, over=True)
    if join.over:
        return JSONResponse(told(join, NOTHING_MORE))
    enters = enter == "yes"
    if enters and not may_join(join.ready, join.starts_at, current_time()):
        raise NotInCall
    async with visit.engine.begin() as conn:
        if enters:
            await arrive(conn, token, room, current_time())
        view = await beat(conn, join, named(page), enters=enters, hears=hears == "yes")
    if view.unnoted:
        async with visit.engine.begin() as conn:
            await note_changes(conn, join)
    return JSONResponse(told(join, view))


@router.post("/join/{token}/leave", dependencies=[Guarded])
async def leave_call(visit: LinkRequest, limits: Limits, token: str, page: Field = "", end: Field = "") -> Response:
    """Note that this page was closed. With ``end=yes``, the agent ends the call for both sides."""
    limits.count("leave", token)
    join = await open_join(visit, token, over=True)
    if join.over:
        return Response(status_code=204)
    async with visit.engine.begin() as conn:
        if end == "yes" and join.side == "agent" and join.person is not None:
            await end_call(conn, join.call_id, join.person, current_time())
        else:
            await leave(conn, join, named(page))
    return Response(status_code=204)

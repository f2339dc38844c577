"""The customer's one address, ``/c/{token}``: what it shows depends on where their call is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from database.stores.customer_link import LinkPage, find_link
from database.stores.seats.availability import free_starts
from domain.customer_link import LinkUnknown
from domain.seats.slots import nearest
from web.customer.slots import DAYS_SHOWN, page_of_days, read_day, slot
from web.customer.stage import CANCELLABLE, GONE, LIVE, WAITING_ROOM, CustomerStage, may_move, stage_of
from web.customer.waiting import line_of
from web.dependencies import engine_of, link_rate_limit_of, tokens_of
from web.page import draw, page
from web.wording import times

router = APIRouter()


async def open_link(request: Request, token: str) -> LinkPage:
    """The link behind this token. Raises ``LinkUnknown``, and ``TooManyMisses`` to whoever guesses."""
    async with engine_of(request).connect() as conn:
        found = await find_link(conn, token)
    if found is None:
        link_rate_limit_of(request).count_failure(request)
        raise LinkUnknown
    return found


def zone_of(link: LinkPage, wanted: str) -> str:
    """Where this customer reads times: as asked for, as we know of them, or as at the desk."""
    return times.zone_or(wanted, times.zone_or(link.customer_zone, link.desk_zone))


@router.get("/c/{token}")
async def link_page(
    request: Request,
    token: str,
    zone: str = "",
    move: str = "",
    change: str = "",
    first: Annotated[str, Query(alias="from")] = "",
) -> HTMLResponse:
    link = await open_link(request, token)
    if change == "zone":
        return _choose_zone(request, link, zone_of(link, zone), move)
    stage = stage_of(link, datetime.now(UTC))
    if stage is CustomerStage.BOOK or (move and may_move(link, stage)):
        return await slots_page(request, link, zone, first=read_day(first))
    return standing_page(request, link, zone)


@router.get("/c/{token}/line")
async def live_part(request: Request, token: str, shown: str = "", zone: str = "") -> Response:
    """The part of the page that changes; nothing (204) while it is as ``shown`` already."""
    link = await open_link(request, token)
    stage = stage_of(link, datetime.now(UTC))
    if stage not in LIVE or (stage is CustomerStage.BOOKED) != shown.startswith(CustomerStage.BOOKED):
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    if _version(link, stage, datetime.now(UTC)) == shown:
        return Response(status_code=204)
    context = _known(request, link, zone) | standing(request, link, stage)
    return HTMLResponse(draw(request, "customer/_live.html", **context))


async def slots_page(
    request: Request,
    link: LinkPage,
    zone: str,
    *,
    refused: str = "",
    wanted: datetime | None = None,
    first: date | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The free starts to choose from, ``first`` being the day to begin with; after a refusal with its reason and the
    nearest of them first."""
    reads_in = zone_of(link, zone)
    async with engine_of(request).connect() as conn:
        starts: Sequence[datetime] = await free_starts(conn, link.escalation_id, datetime.now(UTC))
    if link.booking is not None:
        starts = [start for start in starts if start != link.booking.starts_at]
    found = page_of_days(starts, reads_in, first)
    return page(
        request,
        "customer/book.html",
        status,
        **_known(request, link, zone),
        moving=link.booking is not None,
        minutes=times.length(link.plan.decision.booking.slot),
        days=found.days[:DAYS_SHOWN],
        later=found.days[DAYS_SHOWN:],
        more=found.more,
        earlier=found.later,
        refused=refused,
        nearest=[slot(start, reads_in) for start in nearest(starts, wanted)] if wanted else [],
        wanted=wanted,
        guessed=not (zone or link.customer_zone),
    )


def standing_page(
    request: Request, link: LinkPage, zone: str = "", *, refused: str = "", status: int = 200
) -> HTMLResponse:
    """Where the call stands: booked, waiting, over. ``refused`` says what could not be done just now."""
    stage = stage_of(link, datetime.now(UTC))
    template = "standing.html" if stage in LIVE else "ended.html"
    answer = 410 if stage in GONE else status
    context = _known(request, link, zone) | standing(request, link, stage)
    return page(request, f"customer/{template}", answer, **context, refused=refused)


def standing(request: Request, link: LinkPage, stage: CustomerStage) -> dict[str, Any]:
    """What the page of a booked call and its live part show."""
    now = datetime.now(UTC)
    waiting = stage in WAITING_ROOM
    return {
        "stage": stage.value,
        "version": _version(link, stage, now),
        "line": line_of(link, stage, now),
        "starts_at": link.booking.starts_at if link.booking is not None else None,
        "join": _join_address(request, link) if waiting else "",
        "here": _is_here(link),
        "waiting": waiting,
        "may_move": may_move(link, stage),
        "may_cancel": stage in CANCELLABLE,
        "every": "3s" if waiting else "30s",
    }


def _version(link: LinkPage, stage: CustomerStage, now: datetime) -> str:
    """Equal while the live part would be drawn alike."""
    line = line_of(link, stage, now)
    said = (line.says, line.late, *line.more, line.alone) if line else ()
    marks = (stage.value, *said, _is_here(link))
    return f"{stage.value}-{hashlib.sha256(repr(marks).encode()).hexdigest()[:8]}"


def _is_here(link: LinkPage) -> bool:
    return link.call is not None and link.call.customer_joined_at is not None


def _join_address(request: Request, link: LinkPage) -> str:
    return f"/join/{tokens_of(request).customer_join(str(link.call.id))}" if link.call is not None else ""


def _known(request: Request, link: LinkPage, zone: str) -> dict[str, Any]:
    """What every page of a link shows. ``asked`` is a zone chosen by hand, to be kept on the way."""
    return {
        "link": link,
        "here_url": f"/c/{request.path_params['token']}",
        "zone": zone_of(link, zone),
        "asked": times.zone_or(zone, "UTC") if zone else "",
    }


def _choose_zone(request: Request, link: LinkPage, zone: str, move: str) -> HTMLResponse:
    names = sorted({zone, *times.zone_names()})
    return page(request, "customer/zone.html", **_known(request, link, zone), names=names, move=move)

"""The customer's single URL, ``/c/{token}``, which shows whatever their call currently needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.customer_link import LinkPage, find_link
from database.stores.seats.availability import free_starts
from domain.customer_link import LinkUnknown
from domain.ids import Tokens
from domain.seats.slots import nearest
from web.customer.calendar_links import calendar_links
from web.customer.call_part import CallPart, call_part, in_our_pages, with_media
from web.customer.rating_part import TypedRating, rating_part
from web.customer.slots import DAYS_SHOWN, page_of_days, read_day, slot
from web.customer.stage import CANCELLABLE, GOES_ON, GONE, LIVE, WAITING_ROOM, CustomerStage, may_move, stage_of
from web.customer.waiting import line_of
from web.customer.wish_form import wishing
from web.customer.zones import all_zones, find_zones
from web.dependencies import AppTokens, Customers, LinkLimiter
from web.page import page
from web.security.rate_limit import RateLimit
from web.wording import times
from web.wording.ended import ended_words, why_another
from web.wording.ways_on import way_on

router = APIRouter()

LONGEST_SEARCH = 60


@dataclass(frozen=True)
class CustomerRequest:
    """A request to a customer's URL, with everything needed to respond to it."""

    request: Request
    engine: AsyncEngine
    tokens: Tokens
    limiter: RateLimit

    async def open_link(self, token: str) -> LinkPage:
        """The link with this token. Raises ``LinkUnknown``, or ``TooManyMisses`` after too many wrong links."""
        async with self.engine.connect() as conn:
            link = await find_link(conn, token)
        if link is None:
            self.limiter.count(self.request)
            raise LinkUnknown
        return link


async def _customer_request(
    request: Request, engine: Customers, tokens: AppTokens, limiter: LinkLimiter
) -> CustomerRequest:
    return CustomerRequest(request, engine, tokens, limiter)


LinkRequest = Annotated[CustomerRequest, Depends(_customer_request)]


def zone_of(link: LinkPage, chosen: str) -> str:
    """The customer's time zone: the one chosen on this page, otherwise the one in which they booked or the one that was
    given, otherwise the organisation's."""
    return times.zone_or(chosen, times.zone_or(link.customer_zone, link.desk_zone))


@router.get("/c/{token}")
async def link_page(
    visit: LinkRequest,
    token: str,
    zone: str = "",
    move: str = "",
    change: str = "",
    find: str = "",
    first: Annotated[str, Query(alias="from")] = "",
) -> Response:
    link = await visit.open_link(token)
    stage = stage_of(link, current_time())
    if newer := newer_page(visit, link):
        return RedirectResponse(newer, 303)
    if change == "zone":
        return _choose_zone(visit, link, zone_of(link, zone), move, find.strip()[:LONGEST_SEARCH])
    if stage is CustomerStage.BOOK or (move and may_move(link, stage)):
        return await slots_page(visit, link, zone, first=read_day(first))
    return status_page(visit, link, zone, rating={"changing": change == "rating"})


@router.get("/c/{token}/line")
async def earlier_live_part(visit: LinkRequest, token: str) -> Response:
    """Pages that the previous release has drawn ask here for changes: they load the page of this release instead."""
    await visit.open_link(token)
    return Response(status_code=200, headers={"HX-Refresh": "true"})


async def slots_page(
    visit: CustomerRequest,
    link: LinkPage,
    zone: str,
    *,
    refused: str = "",
    wish_refused: str = "",
    wanted: datetime | None = None,
    first: date | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Free start times from the day ``first`` on; after a refusal, the reason and the times nearest to ``wanted``."""
    reads_in = zone_of(link, zone)
    async with visit.engine.connect() as conn:
        starts: Sequence[datetime] = await free_starts(conn, link.escalation_id, current_time())
    if link.booking is not None:
        starts = [start for start in starts if start != link.booking.starts_at]
    days = page_of_days(starts, reads_in, first)
    return page(
        visit.request,
        "customer/book.html",
        status,
        **_common(visit, link, zone),
        moving=link.booking is not None,
        why_another=why_another(link),
        minutes=times.length(link.plan.decision.booking.slot),
        days=days.days[:DAYS_SHOWN],
        later=days.days[DAYS_SHOWN:],
        more=days.more,
        earlier=days.later,
        refused=refused,
        wish_refused=wish_refused,
        nearest=[slot(start, reads_in) for start in nearest(starts, wanted)] if wanted else [],
        wanted=wanted,
        **wishing(link, reads_in),
        guessed=not (times.is_zone(zone) or times.is_zone(link.customer_zone)),
    )


def status_page(
    visit: CustomerRequest,
    link: LinkPage,
    zone: str = "",
    *,
    refused: str = "",
    cancelling: bool = False,
    instead: datetime | None = None,
    status: int = 200,
    rating: TypedRating | None = None,
) -> HTMLResponse:
    """The page for a booked, pending or finished call. ``refused`` says why the last action failed; only if that was
    ``cancelling`` is the form for it unfolded. ``instead`` is a time to which a button offers to move the call.
    ``rating`` is one that was refused, or asked to be changed.
    """
    now = current_time()
    stage = stage_of(link, now)
    context = _common(visit, link, zone) | {"refused": refused, "cancelling": cancelling}
    context["instead"] = None if instead is None else slot(instead, context["zone"])
    if stage in LIVE:
        context |= _status(visit, link, stage)
        return with_media(visit.request, page(visit.request, "customer/status.html", status, **context))
    part = None
    if stage is CustomerStage.OVER and link.survey is not None:
        typed: TypedRating = {"refused": refused, **(rating or {})}
        part = rating_part(link.survey, f"{context['here_url']}/rate", now, zone=context["chosen_zone"], **typed)
    # A form that changes a rating is left alone by what happens meanwhile.
    changing = part is not None and part.replaces > 0
    way = way_on(link, stage, now)
    waits = way is not None and way.waits
    ended: dict[str, Any] = {"ended": ended_words(link, stage), "way": way, "waits": waits, "stage": stage.value}
    ended |= {"goes_on": (stage in GOES_ON or waits) and not changing, "rating": part}
    return page(visit.request, "customer/ended.html", 410 if stage in GONE else status, **context, **ended)


def newer_page(visit: CustomerRequest, link: LinkPage) -> str:
    """The page of the link that Muster itself issued instead of this one, or of the escalation as which the ticket was
    opened again; empty if there is none."""
    if link.after.again is not None:
        return f"/c/{visit.tokens.customer_link(*link.after.again)}"
    newer = link.after.newer
    return "" if newer is None else f"/c/{visit.tokens.customer_link(link.escalation_id, newer)}"


def _status(visit: CustomerRequest, link: LinkPage, stage: CustomerStage) -> dict[str, Any]:
    """The template context for a call's page and its live part."""
    now = current_time()
    waiting = stage in WAITING_ROOM
    return {
        "stage": stage.value,
        "line": line_of(link, stage, now),
        "starts_at": link.booking.starts_at if link.booking is not None else None,
        "join": _join_address(visit, link) if waiting else "",
        "here": _is_here(link),
        "waiting": waiting,
        "called": stage is CustomerStage.READY or (stage is CustomerStage.ON_CALL and not _is_here(link)),
        "may_move": may_move(link, stage),
        "calendars": calendar_links(link),
        "may_cancel": stage in CANCELLABLE,
        "call": _call_part(visit, link) if waiting else None,
        "calls": in_our_pages(visit.request),
    }


def _is_here(link: LinkPage) -> bool:
    return link.call is not None and link.call.customer_joined_at is not None


def _join_address(visit: CustomerRequest, link: LinkPage) -> str:
    return f"/join/{visit.tokens.customer_join(str(link.call.id))}" if link.call is not None else ""


def _call_part(visit: CustomerRequest, link: LinkPage) -> CallPart | None:
    """The call in the customer's page; None if it takes place elsewhere."""
    if link.call is None:
        return None
    team = (link.call.attribution or {}).get("team_name") or link.team_name
    return call_part(visit.request, visit.tokens.customer_join(str(link.call.id)), team)


def _common(visit: CustomerRequest, link: LinkPage, zone: str) -> dict[str, Any]:
    """The template context shared by all pages of a link. ``chosen_zone`` is the zone chosen by hand; links keep it."""
    return {
        "link": link,
        "here_url": f"/c/{visit.request.path_params['token']}",
        "zone": zone_of(link, zone),
        "chosen_zone": zone if times.is_zone(zone) else "",
        "kept_zone": f"?zone={quote(zone)}" if times.is_zone(zone) else "",
    }


def _choose_zone(visit: CustomerRequest, link: LinkPage, zone: str, move: str, find: str) -> HTMLResponse:
    now = current_time()
    searched: dict[str, Any] = {"find": find, "found": find_zones(find, now), "zones": all_zones(now)}
    return page(visit.request, "customer/zone.html", **_common(visit, link, zone), **searched, move=move)

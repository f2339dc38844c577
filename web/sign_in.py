"""Signing in, by password or by one-time link, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from database.clock import current_time
from database.stores.access import sessions
from database.stores.journal.audit_log import write_audit
from domain.sign_in import SignInLinkUnknown, SignInLinkUsed, SignInRefused, TooManyMisses
from web.dependencies import Engine, LinkLimiter, SignInLimiter
from web.error_status import status_of
from web.page import page
from web.security.access_matrix import places_for
from web.security.cookie import keep_cookie
from web.security.csrf import Guarded
from web.security.passwords import password_matches
from web.security.session import find_signed_in, sign_in, sign_out

router = APIRouter()


@router.get("/")
async def front_door(request: Request) -> RedirectResponse:
    return RedirectResponse(await _home(request) or "/sign-in", 303)


@router.get("/sign-in")
async def sign_in_page(request: Request, to: str = "") -> Response:
    home = await _home(request)
    if home:
        return RedirectResponse(_local_path(to) or home, 303)
    return page(request, "sign_in.html", email="", to=_local_path(to), refused="")


@router.post("/sign-in", dependencies=[Guarded])
async def sign_in_by_password(
    request: Request,
    engine: Engine,
    limiter: SignInLimiter,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
) -> Response:
    to = _local_path(to)
    try:
        limiter.count(request, email)
    except TooManyMisses as limit:
        refusal = f"{limit.title}. {limit.detail}"
        response: Response = page(request, "sign_in.html", status_of(limit), email=email, to=to, refused=refusal)
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    async with engine.connect() as conn:
        account = await sessions.find_account(conn, email)
    password_hash = account.password_hash if account else None
    try:
        if not await password_matches(password_hash, password) or account is None or password_hash is None:
            raise SignInRefused
        async with engine.begin() as conn:
            await sessions.lock_password(conn, account.person_id, password_hash)
            secret = await sign_in(conn, request, account.person_id, by="password")
    except SignInRefused as refusal:
        if account is not None:
            async with engine.begin() as conn:
                person = f"person:{account.person_id}"
                await write_audit(conn, "visitor", "gave a wrong password", person, current_time())
        return page(request, "sign_in.html", 401, email=email, to=to, refused=refusal.detail)
    limiter.uncount(request, email)
    response = RedirectResponse(to or "/", 303)
    keep_cookie(request, response, secret)
    return response


@router.get("/sign-in/{token}")
async def link_page(request: Request, engine: Engine, limiter: LinkLimiter, token: str) -> HTMLResponse:
    """A page with one button. Viewing it doesn't use up the link, so that mail scanners can't."""
    try:
        async with engine.connect() as conn:
            name = await sessions.read_sign_in_link(conn, token, current_time())
    except SignInLinkUnknown:
        limiter.count(request)
        raise
    return page(request, "sign_in_link.html", name=name)


@router.post("/sign-in/{token}", dependencies=[Guarded])
async def sign_in_by_link(request: Request, engine: Engine, limiter: LinkLimiter, token: str) -> Response:
    try:
        async with engine.begin() as conn:
            person_id = await sessions.use_sign_in_link(conn, token, current_time())
            secret = await sign_in(conn, request, person_id, by="link")
    except SignInLinkUnknown:
        limiter.count(request)
        raise
    except SignInLinkUsed:
        # The second click of a double click: the first has already signed this browser in.
        if await find_signed_in(request) is None:
            raise
        return RedirectResponse("/", 303)
    response = RedirectResponse("/", 303)
    keep_cookie(request, response, secret)
    return response


@router.post("/sign-out", dependencies=[Guarded])
async def sign_out_here(request: Request, engine: Engine) -> RedirectResponse:
    response = RedirectResponse("/sign-in", 303)
    await sign_out(engine, request, response)
    return response


async def _home(request: Request) -> str:
    """The first page that this person may open; empty for somebody who isn't signed in or has no role."""
    signed = await find_signed_in(request)
    places = places_for(signed.roles) if signed else ()
    return places[0][0] if places else ""


def _local_path(to: str) -> str:
    """The path to continue to, if it is on this site; otherwise empty."""
    local = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if local else ""

"""Turns every error into a page, or into a problem (RFC 9457) under ``/api/`` and ``/hooks/``."""

from __future__ import annotations

import logging
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.engine import DATABASE_DOWN, is_conflict
from domain.failure import Busy, Failure, Overloaded, Unreachable
from domain.sign_in import NotSignedIn, TooManyMisses
from web.api.problems import answer_with_problem
from web.error_status import RETRY_AFTER, status_of
from web.page import page

log = logging.getLogger(__name__)

_EVENTS = {Busy: "lock conflict", Overloaded: "overloaded", Unreachable: "dependency unreachable"}
_PROGRAMS = ("/api/", "/hooks/")
_WORDS = {
    400: ("This request can't be read", "Please go back and try again."),
    404: ("This address does not lead anywhere", "It may be mistyped or cut off. Please open it from the mail again."),
    405: ("This address can't be used that way", "Please go back and use the buttons on the page."),
    408: ("That took too long to arrive", "Please check your connection and try again. Nothing was changed."),
    413: ("That is too large", "You can send at most one megabyte, or a calendar file of ten. Please send less."),
    422: ("Something in the form is missing or can't be read", "Please go back and check what you entered."),
    500: ("Something went wrong on our side", "The error was logged. Please try again; nothing is done twice."),
}


def install(app: FastAPI) -> None:
    """Handle all errors from all routes: failures are shown with their own messages, unexpected errors are logged."""
    app.add_exception_handler(Failure, answer)
    app.add_exception_handler(HTTPException, answer)
    app.add_exception_handler(RequestValidationError, answer)
    for down in DATABASE_DOWN:
        app.add_exception_handler(down, answer)
    app.add_middleware(_LastResort)


class _LastResort:
    """Answers unexpected errors. It runs inside the other middleware, which adds its headers to these responses too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response_started = False

        async def watched_send(message: Message) -> None:
            nonlocal response_started
            response_started = response_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except ClientDisconnect:
            log.info("client disconnected during request method=%s path=%s", scope["method"], scope["path"])
        except Exception as error:
            if scope["type"] != "http" or response_started:
                raise
            log.exception("unexpected error method=%s path=%s", scope["method"], scope["path"])
            response = await answer(Request(scope, receive), error)
            await response(scope, receive, send)


async def answer(request: Request, error: Exception) -> Response:
    """The response to any error: a problem for programs, a page for everybody else."""
    failure = _as_failure(error)
    if isinstance(failure, HTTPException) and failure.status_code == 405:
        failure = HTTPException(405, headers={"Allow": ", ".join(_methods_here(request))})
    response: Response
    if request.url.path.startswith(_PROGRAMS):
        response = await answer_with_problem(request, failure)
    elif isinstance(failure, NotSignedIn):
        return _to_sign_in(request)
    else:
        response = failure_page(request, failure)
    if isinstance(failure, Busy | Overloaded | Unreachable):
        event = _EVENTS[type(failure)]
        log.warning("%s method=%s path=%s error=%s", event, request.method, request.url.path, _cause(error))
        response.headers["Retry-After"] = str(RETRY_AFTER)
    if isinstance(failure, TooManyMisses):
        response.headers["Retry-After"] = str(failure.retry_after)
    return response


def _methods_here(request: Request) -> list[str]:
    """The methods of every route at this address; the framework names only those of the first."""
    routes = [route for route in request.app.routes if isinstance(route, APIRoute)]
    here = [route.methods or set() for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    found = set[str]().union(*here)
    return sorted(found | {"HEAD"} if "GET" in found else found)


def failure_page(request: Request, failure: Exception) -> Response:
    """The page for any error, with status, title and detail from ``describe``."""
    status, title, detail = describe(failure)
    headers = getattr(failure, "headers", None) or {}
    response = page(request, "failure.html", status, title=title, detail=detail)
    response.headers.update(headers)
    return response


def describe(failure: Exception) -> tuple[int, str, str]:
    """An error's status, title and detail."""
    if isinstance(failure, Failure):
        # An unknown token must look like any other wrong URL.
        fallback = _WORDS[404][1] if status_of(failure) == 404 else ""
        return status_of(failure), failure.title, failure.detail if failure.detail != failure.title else fallback
    status = failure.status_code if isinstance(failure, HTTPException) else 500
    status = 422 if isinstance(failure, RequestValidationError) else status
    title, detail = _WORDS.get(status, (HTTPStatus(status).phrase, ""))
    return status, title, detail


def _as_failure(error: Exception) -> Exception:
    if is_conflict(error):
        return Busy()
    return Unreachable("Our database") if isinstance(error, DATABASE_DOWN) else error


def _cause(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    if request.method != "GET" or "text/event-stream" in request.headers.get("accept", ""):
        return page(request, "failure.html", 401, title="Please sign in", detail="")
    return RedirectResponse(f"/sign-in?to={quote(request.url.path, safe='/')}", 303)

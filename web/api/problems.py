"""RFC 9457 problems: every answer of the API that is not a success, and where in the request it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from domain.escalation import BookingOnly, CallRefused, Opening
from domain.failure import Failure
from rules_dsl import FactRefused
from web.error_status import status_of

RETRY_AFTER = 5
"""Seconds after which a 503 may be tried again."""


@dataclass(frozen=True)
class FieldError:
    pointer: str
    """JSON pointer (RFC 6901) into the body, or ``?name`` for a query parameter."""
    detail: str


@dataclass
class FieldsRefused(Failure):
    """Fields of the request are not what they have to be."""

    errors: tuple[FieldError, ...]
    status = 422
    title = "Some fields are not right"

    @property
    def detail(self) -> str:
        first = self.errors[0]
        return f"{first.pointer or 'The body'}: {first.detail}"


@dataclass
class NotJson(Failure):
    """The body can't be read as JSON, or only by harming the reader."""

    reason: str
    status = 400
    title = "The body is not JSON that can be read"

    @property
    def detail(self) -> str:
        return self.reason


@dataclass
class BodyTooLarge(Failure):
    limit: int
    status = 413
    title = "The body is too large"

    @property
    def detail(self) -> str:
        return f"A body may have {self.limit:,} bytes."


@dataclass
class KindUnsupported(Failure):
    status = 415
    title = "Send JSON"

    @property
    def detail(self) -> str:
        return "Send the body as application/json."


@dataclass
class TokenMissing(Failure):
    status = 401
    title = "A bearer token is needed"

    @property
    def detail(self) -> str:
        return "Send `Authorization: Bearer …` with a token that is in force."


@dataclass
class ScopeMissing(Failure):
    scope: str
    status = 403
    title = "This token may not do that"

    @property
    def detail(self) -> str:
        return f"The token needs the scope {self.scope}."


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldError] = (),
    **more: Any,
) -> JSONResponse:
    """One problem document; ``more`` are its extension members."""
    body: dict[str, Any] = {"type": kind, "title": title, "status": status}
    if detail and detail != title:
        body["detail"] = detail
    if errors:
        body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in errors]
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent["Retry-After"] = str(RETRY_AFTER)
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = 'Bearer realm="muster"'
    return JSONResponse(body | more, status, headers=sent, media_type="application/problem+json")


def failure_problem(failure: Failure) -> JSONResponse:
    """A refusal by name: ``type`` is ``urn:muster:`` and the failure's name in words with dashes."""
    name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in type(failure).__name__)
    more: dict[str, Any] = {}
    if isinstance(failure, CallRefused):
        more = {"rule": failure.rule, "reason": failure.reason}
        more |= {"escalation": failure.escalation_id} if failure.escalation_id else {}
    elif isinstance(failure, BookingOnly):
        more = {"rule": failure.rule, "reason": failure.detail}
    errors = failure.errors if isinstance(failure, FieldsRefused) else ()
    kind = f"urn:muster:{name.lstrip('-')}"
    return problem(status_of(failure), failure.title, failure.detail, kind=kind, errors=errors, **more)


def fact_errors(refused: FactRefused, opening: Opening) -> FieldsRefused:
    """Facts that the directory does not know, or not so, each at its place in the request."""
    return FieldsRefused(
        tuple(
            FieldError(
                f"/{'ticket' if one.name in opening.ticket.facts else 'customer'}/facts/{escaped(one.name)}", one.reason
            )
            for one in refused.all
        )
    )


def http_problem(failed: HTTPException) -> JSONResponse:
    """What the framework refuses: an unknown address, a method that an address does not know."""
    phrase = HTTPStatus(failed.status_code).phrase
    detail = failed.detail if failed.detail != phrase else ""
    return problem(failed.status_code, phrase, detail, headers=failed.headers)


def field_errors(refused: ValidationError) -> tuple[FieldError, ...]:
    """Every field that a model refused, by its pointer."""
    return tuple(
        FieldError("".join(f"/{escaped(part)}" for part in error["loc"]), _said(error["msg"], error["type"]))
        for error in refused.errors(include_url=False, include_input=False, include_context=False)
    )


def escaped(part: object) -> str:
    """One step of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _said(message: str, kind: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such field"
    if kind == "missing":
        return "this field is missing"
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


async def answer_with_problem(request: Request, failure: Exception) -> JSONResponse:
    """The problem of any failure; of one that is not ours, no more than that it happened."""
    if isinstance(failure, Failure):
        return failure_problem(failure)
    if isinstance(failure, HTTPException):
        return http_problem(failure)
    if isinstance(failure, RequestValidationError):
        return failure_problem(FieldsRefused(tuple(_parameter(error) for error in failure.errors())))
    detail = "It was noted. Sending it again is safe with the same Idempotency-Key."
    return problem(500, "Something went wrong on our side", detail)


def _parameter(error: Mapping[str, Any]) -> FieldError:
    return FieldError(f"?{error['loc'][-1]}", _said(error["msg"], error["type"]))

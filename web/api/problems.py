"""All error responses of the API, as RFC 9457 problems that name the fields at fault."""

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

MOST_ERRORS = 100
"""Maximum fields named in one problem."""


@dataclass(frozen=True)
class FieldError:
    pointer: str
    """JSON pointer (RFC 6901) into the body, ``?name`` for a query parameter, ``{name}`` for a part of the path."""
    detail: str


@dataclass
class FieldsRefused(Failure):
    """Some fields of the request are invalid."""

    errors: tuple[FieldError, ...]
    status = 422
    title = "Some fields are not right"

    @property
    def detail(self) -> str:
        first = self.errors[0]
        return f"{first.pointer or 'The body'}: {first.detail}"


@dataclass
class NotJson(Failure):
    """The body isn't JSON, or is nested too deeply."""

    reason: str
    status = 400
    title = "The body is not valid JSON"

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
        return f"A body may have at most {self.limit:,} bytes."


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
        return "Send `Authorization: Bearer …` with a token that has not been revoked."


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
    **members: Any,
) -> JSONResponse:
    """A problem document with these extension members. ``kind`` becomes its ``type``."""
    body: dict[str, Any] = {"type": kind, "title": title, "status": status}
    if detail and detail != title:
        body["detail"] = detail
    if errors:
        body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in errors]
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    if status == HTTPStatus.UNAUTHORIZED:
        all_headers["WWW-Authenticate"] = 'Bearer realm="muster"'
    return JSONResponse(body | members, status, headers=all_headers, media_type="application/problem+json")


def failure_problem(failure: Failure) -> JSONResponse:
    """A failure as a problem. Its ``type`` is the class name in kebab case: ``urn:muster:slot-taken``."""
    name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in type(failure).__name__)
    members: dict[str, Any] = {}
    if isinstance(failure, CallRefused):
        members = {"rule": failure.rule, "reason": failure.reason}
        members |= {"escalation": failure.escalation_id} if failure.escalation_id else {}
    elif isinstance(failure, BookingOnly):
        members = {"rule": failure.rule, "reason": failure.detail}
    errors = failure.errors if isinstance(failure, FieldsRefused) else ()
    kind = f"urn:muster:{name.lstrip('-')}"
    return problem(status_of(failure), failure.title, failure.detail, kind=kind, errors=errors, **members)


def fact_errors(refused: FactRefused, opening: Opening) -> FieldsRefused:
    """The facts that the directory doesn't declare or doesn't accept, each with a pointer into the request."""

    def pointer(name: str) -> str:
        return f"/{'ticket' if name in opening.ticket.facts else 'customer'}/facts/{escaped(name)}"

    return FieldsRefused(tuple(FieldError(pointer(fact.name), fact.reason) for fact in refused.all))


def http_problem(error: HTTPException) -> JSONResponse:
    """The framework's own errors as problems: unknown URLs and methods."""
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else ""
    return problem(error.status_code, phrase, detail, headers=error.headers)


def field_errors(refused: ValidationError) -> tuple[FieldError, ...]:
    """The first ``MOST_ERRORS`` fields that failed the model's validation."""
    return tuple(
        FieldError("".join(f"/{escaped(part)}" for part in error["loc"]), _message(error["msg"], error["type"]))
        for error in refused.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
    )


def escaped(part: object) -> str:
    """A name, escaped as one segment of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _message(message: str, kind: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such field"
    if kind == "missing":
        return "this field is missing"
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


async def answer_with_problem(request: Request, failure: Exception) -> JSONResponse:
    """Any error as a problem, without details if the error is unexpected."""
    if isinstance(failure, Failure):
        return failure_problem(failure)
    if isinstance(failure, HTTPException):
        return http_problem(failure)
    if isinstance(failure, RequestValidationError):
        return failure_problem(FieldsRefused(tuple(_parameter(error) for error in failure.errors())))
    detail = "The error was logged. Sending the request again with the same Idempotency-Key is safe."
    return problem(500, "Something went wrong on our side", detail)


def _parameter(error: Mapping[str, Any]) -> FieldError:
    place, name = error["loc"][:2]
    return FieldError(f"?{name}" if place == "query" else f"{{{name}}}", _message(error["msg"], error["type"]))

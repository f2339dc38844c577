"""Descriptions and schemas for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

REF = "#/components/schemas/{model}"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `errors` names the invalid fields.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "rule": {"type": "string", "description": "For a refusal: the rule that does not allow the call."},
        "reason": {"type": "string", "description": "For a refusal: the reason that the rule gives."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body, or `?name` for a query parameter.",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_MEANINGS = {
    400: "The body is not readable JSON.",
    401: "The token is missing or not valid.",
    403: "The token lacks the scope.",
    404: "There is no such escalation, ticket, person or entry.",
    408: "The body took more than half a minute to arrive.",
    409: "That is no longer possible.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Some fields are invalid, or the rules don't allow it.",
    429: "Too many requests with wrong tokens came from this address. A right token is never refused.",
    500: "An error of ours, which was logged. Sending it again with the same `Idempotency-Key` is safe.",
    503: "There is too much to do, somebody else is changing the same thing, or something that Muster needs does not "
    "answer. Sending it again is safe.",
}
_EVERYWHERE = (400, 401, 403, 408, 413, 415, 422, 429, 500, 503)


def body_of(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that parses its own body: the schema of that body."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


_WAIT = {
    "Retry-After": {
        "description": "Seconds after which to send it again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
LOCATION = {"Location": {"description": "The escalation's address.", "schema": {"type": "string"}}}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request safe to resend: with the same key and body, the first result is returned.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's error responses: those with these statuses, and those that all routes share."""
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {
        status: {"description": _MEANINGS[status], "content": problem}
        | ({"headers": _WAIT} if status in (429, 503) else {})
        for status in sorted({*statuses, *_EVERYWHERE})
    }

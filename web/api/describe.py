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
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_MEANINGS = {
    200: "It already existed.",
    400: "The body is not readable JSON.",
    401: "The token is missing or not valid.",
    403: "The token lacks the scope.",
    404: "There is no such escalation.",
    409: "That is no longer possible.",
    413: "The body is too large.",
    422: "Some fields are invalid, or the rules don't allow it.",
    503: "A service that Muster needs is unavailable; safe to resend after `Retry-After` seconds.",
}


def body_of(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that parses its own body: the schema of that body."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's additional responses: those with these statuses, and those that all routes share."""
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {
        status: {"description": _MEANINGS[status]} | ({} if status == 200 else {"content": problem})
        for status in sorted({*statuses, 400, 401, 403, 413, 503})
    }

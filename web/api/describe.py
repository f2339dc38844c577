"""Sentences and schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

REF = "#/components/schemas/{model}"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `errors` name the fields that are not right.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "rule": {"type": "string", "description": "Of a refusal: the rule that does not allow the call."},
        "reason": {"type": "string", "description": "Of a refusal: what the rule says."},
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
    200: "It stood already.",
    400: "The body is not JSON that can be read.",
    401: "No token, or none that is in force.",
    403: "The token lacks the scope.",
    404: "There is no such escalation.",
    409: "That is no longer possible.",
    413: "The body is too large.",
    422: "Some fields are not right, or the rules don't allow it.",
    503: "Something needed does not answer; safe to send again after `Retry-After` seconds.",
}


def body_of(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The schema of a request body that the route reads itself, for ``openapi_extra``."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's responses besides its success: these, and those that all routes have."""
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {
        status: {"description": _MEANINGS[status]} | ({} if status == 200 else {"content": problem})
        for status in sorted({*statuses, 400, 401, 403, 413, 503})
    }

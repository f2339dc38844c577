"""Reads untrusted JSON bodies, limited in size and depth before they are parsed."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from web.api.problems import BodyTooLarge, FieldsRefused, KindUnsupported, NotJson, field_errors

BYTES = 256 * 1024
DEPTH = 32
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Brackets, and strings to skip. A string without an end reaches to the body's: else each of its escaped quotes would
begin another search to the end, which takes quadratic time."""
LARGE = 16 * 1024
"""Bytes from which a body is read in a thread, so that nobody else waits."""

Model = TypeVar("Model", bound=BaseModel)


async def read_bytes(request: Request) -> bytes:
    """The raw body, which has already arrived. Raises ``BodyTooLarge``."""
    body = await request.body()
    if len(body) > BYTES:
        raise BodyTooLarge(BYTES)
    return body


async def read_model(request: Request, model: type[Model]) -> Model:
    """The body, strictly validated as this model. Raises failures from ``web.api.problems``."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise KindUnsupported
    body = await read_bytes(request)
    if len(body) > LARGE:
        return await asyncio.to_thread(lambda: as_model(parse(body), model))
    return as_model(parse(body), model)


async def parse_aside(body: bytes) -> Any:
    """``parse``, in a thread if the body is large."""
    return await asyncio.to_thread(parse, body) if len(body) > LARGE else parse(body)


def as_model(value: Any, model: type[Model]) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as refused:
        raise FieldsRefused(field_errors(refused)) from None


def parse(body: bytes) -> Any:
    """Parse strict RFC 8259 JSON: UTF-8, no NaN, no duplicate names, at most ``DEPTH`` levels. Raises ``NotJson``."""
    if _depth(body) > DEPTH:
        raise NotJson(f"Values may be nested at most {DEPTH} levels deep.")
    try:
        return json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise NotJson("The body is not UTF-8.") from None
    except json.JSONDecodeError as failed:
        raise NotJson(f"{failed.msg} at line {failed.lineno}, column {failed.colno}.") from None
    except ValueError as failed:
        raise NotJson(str(failed)) from None


def _depth(body: bytes) -> int:
    """How deeply brackets are nested, ignoring those in strings; measured without recursion."""
    deepest = depth = 0
    for match in _STRUCTURE.finditer(body):
        mark = match[0]
        if mark in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in (b"]", b"}"):
            depth -= 1
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("An object has the same name twice.")
    return members

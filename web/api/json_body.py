"""Reading a body that may come from anybody: bounded in bytes and depth before anything is made of it."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from web.api.problems import BodyTooLarge, FieldsRefused, KindUnsupported, NotJson, field_errors

BYTES = 256 * 1024
DEPTH = 32
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)

Model = TypeVar("Model", bound=BaseModel)


async def read_bytes(request: Request, limit: int = BYTES) -> bytes:
    """The raw body. Raises ``BodyTooLarge`` as soon as that is known."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)


async def read_model(request: Request, model: type[Model]) -> Model:
    """The body as this model, no type bent to fit. Raises what is named in ``web.api.problems``."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise KindUnsupported
    return as_model(parse(await read_bytes(request)), model)


def as_model(value: Any, model: type[Model]) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as refused:
        raise FieldsRefused(field_errors(refused)) from None


def parse(body: bytes) -> Any:
    """JSON as RFC 8259 has it: UTF-8, no NaN, no duplicate names, not deeper than ``DEPTH``."""
    if _depth(body) > DEPTH:
        raise NotJson(f"Values may be nested {DEPTH} deep.")
    try:
        return json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise NotJson("The body is not UTF-8.") from None
    except json.JSONDecodeError as failed:
        raise NotJson(f"{failed.msg} at line {failed.lineno}, column {failed.colno}.") from None
    except ValueError as failed:
        raise NotJson(str(failed)) from None


def _depth(body: bytes) -> int:
    """How deep the brackets outside of strings go, without recursion."""
    deepest = depth = 0
    for found in _STRUCTURE.finditer(body):
        mark = found[0]
        if mark in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in (b"]", b"}"):
            depth -= 1
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("A name stands twice in one object.")
    return read

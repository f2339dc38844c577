"""Reads large forms in a thread: decoding a megabyte of percent signs takes a tenth of a second.

A form may hold a rules text, of which browsers triple every character that isn't plain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

LARGE = 32_768
"""Bytes from which a form is read in a thread; most forms have a few hundred."""
MOST_FIELDS = 1000
_KIND = "application/x-www-form-urlencoded"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class LargeFormRoute(APIRoute):
    """A route whose request knows its form already if that is large. Others are read by the framework."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if not (self.methods or set()) & {"POST", "PUT", "PATCH"}:
            return handler

        async def handled(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == _KIND and len(body := await request.body()) > LARGE:
                request._form = await asyncio.to_thread(read_form, body)
            return await handler(request)

        return handled


def read_form(body: bytes) -> FormData:
    """The fields of a form. Raises 400 if there are too many."""
    try:
        fields = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    return FormData([(name, value) for name, value in fields])

"""Reads large forms in a thread: decoding a megabyte of percent signs takes a tenth of a second.

A form may hold a rules text, of which browsers triple every character that isn't plain, or a calendar file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from web.security.headers import LARGEST_BODY, LARGEST_UPLOAD
from web.security.session import find_signed_in

LARGE = 32_768
"""Bytes from which a form is read in a thread; most forms have a few hundred."""
MOST_FIELDS = 1000
_KIND = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"
_CHUNK = 65_536

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class LargeFormRoute(APIRoute):
    """A route whose request knows its form already if that is large. Others are read by the framework."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if not (self.methods or set()) & {"POST", "PUT", "PATCH"}:
            return handler

        async def handled(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind in (_KIND, _PARTS) and len(body := await request.body()) > LARGE:
                if len(body) > LARGEST_BODY and await find_signed_in(request) is None:
                    # The form will be refused, so it needn't be read: ten megabytes may take ten seconds.
                    request._form = FormData()
                    return await handler(request)
                read = read_form if kind == _KIND else partial(read_parts, headers=request.headers)
                request._form = await asyncio.to_thread(read, body)
            return await handler(request)

        return handled


def read_form(body: bytes) -> FormData:
    """The fields of a form. Raises 400 if there are too many."""
    try:
        fields = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    return FormData([(name, value) for name, value in fields])


class _PartsInMemory(MultiPartParser):
    """Keeps files in memory, where the body is already."""

    spool_max_size = LARGEST_UPLOAD


def read_parts(body: bytes, headers: Headers) -> FormData:
    """The fields and files of a form in parts. Raises 400 if it makes no sense."""

    async def chunks() -> AsyncGenerator[bytes]:
        for start in range(0, len(body), _CHUNK):
            yield body[start : start + _CHUNK]

    try:
        # This thread's own event loop: nothing in there waits.
        return asyncio.run(_PartsInMemory(headers, chunks(), max_fields=MOST_FIELDS).parse())
    except MultiPartException:
        raise HTTPException(400) from None

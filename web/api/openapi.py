"""The API's OpenAPI 3.1 document, at ``/api/v1/openapi.json``."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

from fastapi import APIRouter, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from web.api import escalations, export, shifts, slots, tickets
from web.api.describe import PROBLEM, REF
from web.api.requests import OpenEscalation, TicketNewsBody, WithdrawEscalation
from web.api.schedule_bodies import ChangeDay, TakeTimeOff
from web.dependencies import AppSettings

router = APIRouter(prefix="/api/v1")


@router.get("/openapi.json", include_in_schema=False)
async def openapi(settings: AppSettings) -> Response:
    return Response(await asyncio.to_thread(_document, settings.base_url), media_type="application/json")


@cache
def _document(base_url: str) -> bytes:
    """The document, made once: that takes a tenth of a second."""
    document: dict[str, Any] = get_openapi(
        title="Muster",
        version="1",
        summary="Turns a support ticket that writing can't solve into a call, and proves what came of it.",
        routes=[route for part in (escalations, slots, tickets, shifts, export) for route in part.router.routes],
        servers=[{"url": base_url}],
    )
    _, bodies = models_json_schema(
        [(body, "validation") for body in (OpenEscalation, WithdrawEscalation, TicketNewsBody, ChangeDay, TakeTimeOff)],
        ref_template=REF,
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(bodies["$defs"] | {"Problem": PROBLEM})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"bearer": []}]
    return json.dumps(document).encode()

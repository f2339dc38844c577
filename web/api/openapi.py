"""The API described by itself: OpenAPI 3.1 at ``/api/v1/openapi.json``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from web.api import escalations, export, shifts, slots
from web.api.describe import PROBLEM, REF
from web.api.requests import OpenEscalation, WithdrawEscalation
from web.api.schedule_bodies import ChangeDay, TakeTimeOff
from web.dependencies import settings_of

router = APIRouter(prefix="/api/v1")


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    described_api = get_openapi(
        title="Muster",
        version="1",
        summary="Turns a support ticket that writing can't solve into a call, and proves what came of it.",
        routes=[*escalations.router.routes, *slots.router.routes, *shifts.router.routes, *export.router.routes],
        servers=[{"url": settings_of(request).base_url}],
    )
    _, bodies = models_json_schema(
        [(body, "validation") for body in (OpenEscalation, WithdrawEscalation, ChangeDay, TakeTimeOff)],
        ref_template=REF,
    )
    components = described_api.setdefault("components", {})
    components.setdefault("schemas", {}).update(bodies["$defs"] | {"Problem": PROBLEM})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    described_api["security"] = [{"bearer": []}]
    return described_api

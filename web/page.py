"""Renders pages in one Jinja environment that escapes all values and raises on undefined names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.rounds.presence import BEAT_EVERY
from web.assets import asset_url
from web.dependencies import settings_of
from web.security.access_matrix import places_for
from web.security.csrf import form_token
from web.wording import times
from web.wording.rules import pool_words, why_words

TEMPLATES = Path(__file__).parent / "templates"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_url
    environment.filters |= {
        "when": times.when,
        "clock": times.clock,
        "clock_to_the_second": times.clock_to_the_second,
        "start_when": times.start_when,
        "start_clock": times.start_clock,
        "day": times.day,
        "ago": times.ago,
        "lasting": times.length,
        "place": times.place,
        "zone_words": times.zone_words,
        "pool": pool_words,
        "why": why_words,
    }
    return environment


_TEMPLATES = _environment()


def draw(request: Request, template: str, **context: Any) -> str:
    """Render a template. Besides its context, it can use ``request, signed, nav, form_token, embedded`` and
    ``beat_every``, the milliseconds between two heartbeats.

    ``signed`` is the ``SignedIn`` of this request or None.
    """
    signed = getattr(request.state, "signed", None)
    defaults = {
        "request": request,
        "signed": signed,
        "nav": places_for(signed.roles) if signed else (),
        "form_token": form_token(request),
        "embedded": settings_of(request).embedded,
        "beat_every": BEAT_EVERY // timedelta(milliseconds=1),
    }
    return _TEMPLATES.get_template(template).render(defaults | context)


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A response with this template, as ``draw`` renders it."""
    return HTMLResponse(draw(request, template, **context), status)

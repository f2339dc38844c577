"""Shows, before rules are published, which booked calls could not be served under them.

The first answer is a quick upper bound; a longer search follows. Booked calls keep the plan with which they were
opened, so none is lost. Before anybody publishes the rules, the page shows how many seats they would cost at those
hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.backtest.capacity_under_rules import SHOWN, CapacityReview, weigh_rules
from web.dependencies import Reports
from web.page import page
from web.rules.checked import LONGEST, plain
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules")

_OWN_FIELDS = ("form_token", "shown", "action", "back", "sentence", "text")
_PUBLISHING = re.compile(r"/rules/(publish|versions/[0-9]{1,9}/publish|stages/[0-9]{1,9}/next)")


@dataclass(frozen=True)
class PublishRequest:
    """A request to publish rules, to be confirmed."""

    sentence: str
    action: str
    """The URL that the form is posted to."""
    back: str = ""
    """The page to return to; empty for the editor, which is shown again with the text."""


async def preview_if_needed(
    request: Request,
    engine: AsyncEngine,
    text: str,
    publishing: PublishRequest,
    fields: Mapping[str, object],
    shown: object,
) -> HTMLResponse | None:
    """The page with the booked calls at risk under these rules; None if there are none or all were ``shown``."""
    weighed = await weigh_rules(engine, text, longer=False) if len(text) <= LONGEST else None
    if weighed is None or {call.booking for call in weighed.unserved.calls} <= _numbers(shown):
        return None
    return _page(request, text, weighed, publishing, fields)


@router.post("/weigh", dependencies=[Guarded])
async def weigh(request: Request, engine: Reports, signed: Signed) -> Response:
    """The calls at risk after a longer search: only the result if the page's script asks, otherwise the whole page."""
    form = await request.form()
    sent = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    text = plain(sent.get("text", ""))[:LONGEST]
    weighed = await weigh_rules(engine, text, longer=True)
    if request.headers.get("hx-request") == "true":
        return page(request, "rules/_weighed.html", weighed=weighed, most=SHOWN, zone=signed.time_zone)
    action, back = sent.get("action", ""), sent.get("back", "")
    if not _PUBLISHING.fullmatch(action):
        action, back = "/rules/publish", ""
    publishing = PublishRequest(sent.get("sentence", "")[:200], action, action.rpartition("/")[0] if back else "")
    return _page(request, text, weighed, publishing, sent)


def _page(
    request: Request,
    text: str,
    weighed: CapacityReview | None,
    publishing: PublishRequest,
    fields: Mapping[str, object],
) -> HTMLResponse:
    repeated = [(name, value) for name, value in fields.items() if name not in _OWN_FIELDS and isinstance(value, str)]
    return page(
        request,
        "rules/weighed.html",
        weighed=weighed,
        publishing=publishing,
        text=text,
        fields=repeated,
        most=SHOWN,
        zone=request.state.signed.time_zone,
    )


def _numbers(shown: object) -> frozenset[int]:
    parts = shown.split(",") if isinstance(shown, str) else []
    return frozenset(int(one) for one in parts if one.isascii() and one.isdigit() and len(one) < 20)

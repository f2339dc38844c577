"""Before rules are published: which booked calls they could not serve; at once as an upper bound, then looked longer.

Booked calls keep the plan that they were opened with, so none of them is lost. What is shown is what the rules take
from the seats of those hours, and nobody publishes it unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from database.stores.backtest.capacity_under_rules import SHOWN, CapacityReview, weigh_rules
from web.dependencies import engine_of
from web.page import page
from web.rules.checked import LONGEST, plain
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules")

_OURS = ("form_token", "shown", "action", "back", "sentence", "text")
_PUBLISHING = re.compile(r"/rules/(publish|versions/[0-9]{1,9}/publish|stages/[0-9]{1,9}/next)")


@dataclass(frozen=True)
class PublishRequest:
    """A publishing that somebody asks for."""

    sentence: str
    action: str
    """Where its form goes."""
    back: str = ""
    """The page that it was asked on; empty for the editor, which is drawn again with the text."""


async def shown_first(
    request: Request, text: str, asked: PublishRequest, fields: Mapping[str, object], shown: object
) -> HTMLResponse | None:
    """The page that shows what these rules could not serve; None where that is nothing, or was ``shown``."""
    weighed = await weigh_rules(engine_of(request), text, longer=False) if len(text) <= LONGEST else None
    if weighed is None or {call.booking for call in weighed.found.calls} <= _numbers(shown):
        return None
    return _page(request, text, weighed, asked, fields)


@router.post("/weigh", dependencies=[Guarded])
async def weigh(request: Request, signed: Signed) -> Response:
    """The same, looked at longer: alone where the page asks for it; else the whole page."""
    form = await request.form()
    sent = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    text = plain(sent.get("text", ""))[:LONGEST]
    weighed = await weigh_rules(engine_of(request), text, longer=True)
    if request.headers.get("hx-request") == "true":
        return page(request, "rules/_weighed.html", weighed=weighed, most=SHOWN, zone=signed.time_zone)
    action, back = sent.get("action", ""), sent.get("back", "")
    if not _PUBLISHING.fullmatch(action):
        action, back = "/rules/publish", ""
    asked = PublishRequest(sent.get("sentence", "")[:200], action, "" if not back else action.rpartition("/")[0])
    return _page(request, text, weighed, asked, sent)


def _page(
    request: Request, text: str, weighed: CapacityReview | None, asked: PublishRequest, fields: Mapping[str, object]
) -> HTMLResponse:
    kept = [(name, value) for name, value in fields.items() if name not in _OURS and isinstance(value, str)]
    return page(
        request,
        "rules/weighed.html",
        weighed=weighed,
        asked=asked,
        text=text,
        fields=kept,
        most=SHOWN,
        zone=request.state.signed.time_zone,
    )


def _numbers(shown: object) -> frozenset[int]:
    parts = shown.split(",") if isinstance(shown, str) else []
    return frozenset(int(one) for one in parts if one.isascii() and one.isdigit() and len(one) < 20)

"""Signals: what two browsers send each other to find a way between them, and the servers that help them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from database.clock import current_time
from database.stores.call_pages import send_signal
from domain.failure import Failure
from domain.media.relay import CallRelays
from web.call.limits import Limits
from web.call.visit import named, open_join
from web.customer.customer_link import LinkRequest
from web.dependencies import from_state
from web.security.csrf import Guarded

LARGEST_SIGNAL = 60_000
"""Characters; a description with sound, picture and screen has about 10,000, an unusual one 30,000."""

router = APIRouter()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SessionDescription(_Strict):
    type: Literal["offer", "answer"]
    sdp: str = Field(min_length=1, max_length=50_000)


class IceCandidate(_Strict):
    """Its fields have the browsers' own names."""

    candidate: str = Field(max_length=1000)
    sdpMid: str | None = Field(None, max_length=64)
    sdpMLineIndex: int | None = Field(None, ge=0, le=64)
    usernameFragment: str | None = Field(None, max_length=256)


class CallSignalBody(_Strict):
    """A description, or the ways that a browser has found since."""

    description: SessionDescription | None = None
    candidates: list[IceCandidate] | None = Field(None, min_length=1, max_length=50)

    @model_validator(mode="after")
    def _one_of_both(self) -> CallSignalBody:
        if (self.description is None) == (self.candidates is None):
            raise ValueError("expected either a description or candidates")
        return self


@dataclass
class SignalUnreadable(Failure):
    """The body isn't one of the signals that our own page sends."""

    status = 422
    title = "This signal can't be read"


@router.post("/join/{token}/signals", dependencies=[Guarded])
async def signal(
    visit: LinkRequest,
    limits: Limits,
    token: str,
    page: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
    body: Annotated[str, Form()] = "",
) -> Response:
    """Pass a signal on to the other side's page, through whichever web process it listens to."""
    limits.count("signals", token)
    checked = checked_signal(body)
    join = await open_join(visit, token)
    async with visit.engine.begin() as conn:
        await send_signal(conn, join, named(page), named(to), checked)
    return Response(status_code=204)


@router.get("/join/{token}/ice")
async def ice_servers(
    visit: LinkRequest, relays: Annotated[CallRelays, from_state("call_relays")], limits: Limits, token: str
) -> Response:
    """The servers that help to connect, with credentials for this side of this call. Refused once the call is over."""
    limits.count("ice", token)
    join = await open_join(visit, token)
    return JSONResponse({"iceServers": relays.servers(join.call_id, join.side, current_time())})


def checked_signal(body: str) -> str:
    """The signal, written again from what was read. Raises ``SignalUnreadable``."""
    if len(body) > LARGEST_SIGNAL:
        raise SignalUnreadable
    try:
        return CallSignalBody.model_validate_json(body).model_dump_json(exclude_none=True)
    except ValidationError:
        raise SignalUnreadable from None

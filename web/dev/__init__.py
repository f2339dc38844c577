"""What only the embedded default shows: the caught mail, and a room that says that it is one."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from activities.integrations.mailbox import CaughtMail, list_mail
from web.dependencies import settings_of
from web.page import page

router = APIRouter()


async def _caught(request: Request) -> list[CaughtMail]:
    return await asyncio.to_thread(list_mail, settings_of(request).mail_folder)


@router.get("/dev/mail")
async def mailbox(request: Request) -> HTMLResponse:
    mails = await _caught(request)
    return page(request, "dev/mail.html", mails=mails[::-1], opened=None)


@router.get("/dev/mail.json")
async def mailbox_json(request: Request) -> list[dict[str, Any]]:
    """Every mail caught, oldest first."""
    return [mail.as_json() for mail in await _caught(request)]


@router.get("/dev/mail/{mail}")
async def one_mail(request: Request, mail: str) -> HTMLResponse:
    mails = await _caught(request)
    opened = next((caught for caught in mails if caught.id == mail), None)
    if opened is None:
        raise HTTPException(404)
    return page(request, "dev/mail.html", mails=mails[::-1], opened=opened)


@router.get("/dev/room/{call}")
async def room(request: Request, call: str) -> HTMLResponse:
    return page(request, "dev/room.html", call=call)

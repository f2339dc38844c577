"""Pages that only the embedded stack has: caught emails."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from activities.integrations.mailbox import list_mail
from web.dependencies import AppSettings
from web.page import page

router = APIRouter()


@router.get("/dev/mail")
async def mailbox(request: Request, settings: AppSettings) -> HTMLResponse:
    mails = await asyncio.to_thread(list_mail, settings.mail_folder)
    return page(request, "dev/mail.html", mails=mails[::-1], opened=None)


@router.get("/dev/mail.json")
async def mailbox_json(settings: AppSettings) -> list[dict[str, Any]]:
    """All caught emails, oldest first."""
    return [mail.as_json() for mail in await asyncio.to_thread(list_mail, settings.mail_folder)]


@router.get("/dev/mail/{mail}")
async def one_mail(request: Request, settings: AppSettings, mail: str) -> HTMLResponse:
    mails = await asyncio.to_thread(list_mail, settings.mail_folder)
    opened = next((caught for caught in mails if caught.id == mail), None)
    if opened is None:
        raise HTTPException(404)
    return page(request, "dev/mail.html", mails=mails[::-1], opened=opened)

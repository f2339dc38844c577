"""Adds a calendar by URL or file. Only the worker reads its content."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import UploadFile

from database.clock import current_time
from database.stores.directory.schedules import active_person
from database.stores.staff.calendar_feeds import add_feed
from domain.schedules.calendar_feed import LARGEST, check_address, check_name
from domain.schedules.change import PersonUnknown, ScheduleRefused
from web.security.session import SignedIn
from web.shifts.change_form import SubmittedForm


async def keep_feed(engine: AsyncEngine, signed: SignedIn, person: int, sent: SubmittedForm, back: str) -> Response:
    """Add the calendar and redirect to the page ``back``. Raises ``ScheduleRefused`` or ``PersonUnknown``."""
    now = current_time()
    fields = dict(sent.fields)
    name, url = check_name(fields.get("name", "")), ""
    content = await _file(sent)
    if content is None:
        url = check_address(fields.get("url", ""))
    async with engine.begin() as conn:
        if await active_person(conn, person) is None:
            raise PersonUnknown
        await add_feed(conn, person, name, signed.actor, now, url=url, content=content)
    return RedirectResponse(f"{back}?said=calendar#calendars", 303)


async def _file(sent: SubmittedForm) -> bytes | None:
    upload = sent.form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    content = await upload.read(LARGEST + 1)
    await upload.close()
    if len(content) > LARGEST:
        limit = LARGEST // 1_000_000
        raise ScheduleRefused("file", f"A file may have at most {limit} MB. Enter the calendar’s address instead.")
    if not content.strip():
        raise ScheduleRefused("file", "This file is empty.")
    return content

"""Taking in a calendar: its address, or a file. It is read by the worker, never here."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from database.stores.directory.schedules import named
from database.stores.staff.calendar_feeds import add_feed
from domain.schedules.calendar_feed import LARGEST_FILE, check_address, check_name
from domain.schedules.change import PersonUnknown, ScheduleRefused
from web.dependencies import engine_of
from web.security.session import SignedIn
from web.shifts.change_form import SubmittedForm


async def keep_feed(request: Request, signed: SignedIn, who: int, sent: SubmittedForm, back: str) -> Response:
    """Raises ``ScheduleRefused``."""
    now = datetime.now(UTC)
    typed = dict(sent.fields)
    name, url = check_name(typed.get("name", "")), ""
    content = await _file(sent)
    if content is None:
        url = check_address(typed.get("url", ""))
    async with engine_of(request).begin() as conn:
        if await named(conn, who) is None:
            raise PersonUnknown
        await add_feed(conn, who, name, signed.actor, now, url=url, content=content)
    return RedirectResponse(f"{back}?said=calendar#calendars", 303)


async def _file(sent: SubmittedForm) -> bytes | None:
    given = sent.form.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        return None
    content = await given.read(LARGEST_FILE + 1)
    await given.close()
    if len(content) > LARGEST_FILE:
        raise ScheduleRefused("file", f"A file has at most {LARGEST_FILE // 1000} kB. Give the calendar’s address.")
    if not content.strip():
        raise ScheduleRefused("file", "This file is empty.")
    return content

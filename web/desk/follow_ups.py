"""Marking on the desk that a customer was called back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response

from domain.failure import Failure
from domain.follow_up import LONGEST_FOLLOW_UP_NOTE
from domain.typed_text import forbidden_mark
from web.dependencies import AppCommands
from web.desk.areas import OwnDesk, answer
from web.error_status import status_of
from web.security.csrf import Guarded

router = APIRouter(prefix="/desk/follow-ups/{call_id}")


@router.post("/done", dependencies=[Guarded])
async def done(desk: OwnDesk, commands: AppCommands, call_id: UUID, note: Annotated[str, Form()] = "") -> Response:
    note = note.replace("\r\n", "\n").strip()
    if not note:
        return await answer(desk, 422, notice="Say in a few words what came of the call back.")
    if len(note) > LONGEST_FOLLOW_UP_NOTE or forbidden_mark(note, allowed="\n\t"):
        return await answer(desk, 422, notice="The note is too long, or contains a character that can’t be shown.")
    try:
        await commands.finish_follow_up(str(call_id), desk.person_id, note)
    except Failure as failure:
        return await answer(desk, status_of(failure), notice=failure.title)
    return await answer(desk)

"""Ending a call and wrapping it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Response

from database.clock import current_time
from database.stores.call import end_call
from database.stores.queries.desk import escalation_of_call
from database.stores.wrap_up import saved_wrap_up
from domain.escalation import EscalationUnknown
from domain.failure import Failure
from domain.wrap_up import CAUSES, FOLLOW_UPS, GAPS, Resolution, WrapUp
from web.dependencies import AppCommands
from web.desk.areas import DeskRequest, OwnDesk, answer, declared_facts
from web.error_status import status_of
from web.security.csrf import Guarded

LONGEST_NOTE = 4000

router = APIRouter(prefix="/desk/calls/{call_id}")


@router.post("/end", dependencies=[Guarded])
async def end(desk: OwnDesk, call_id: UUID) -> Response:
    try:
        async with desk.engine.begin() as conn:
            await end_call(conn, str(call_id), desk.person_id, current_time())
    except Failure as failure:
        return await answer(desk, status_of(failure), notice=failure.detail)
    return await answer(desk)


@router.post("/wrap-up", dependencies=[Guarded])
async def wrap_up(
    desk: OwnDesk,
    commands: AppCommands,
    call_id: UUID,
    resolved: Annotated[str, Form()] = "",
    cause: Annotated[str, Form()] = "",
    product_area: Annotated[str, Form()] = "",
    gap: Annotated[str, Form()] = "",
    follow_up: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    typed = {"call": str(call_id), "resolved": resolved, "cause": cause, "product_area": product_area}
    typed |= {"gap": gap, "follow_up": follow_up, "note": note}

    async def refuse(problem: str, status: int) -> Response:
        return await answer(desk, status, force=("calls",), wrap_form=typed, wrap_problem=problem)

    async with desk.engine.connect() as conn:
        escalation_id = await escalation_of_call(conn, str(call_id), desk.person_id)
        areas = next((fact.values for fact in await declared_facts(conn) if fact.name == "product area"), ())
        saved = await saved_wrap_up(conn, str(call_id), desk.person_id)
    if escalation_id is None:
        raise EscalationUnknown(str(call_id))
    if saved is not None:
        return await _already_saved(desk, typed, saved)
    problem = _problem(typed, areas)
    if problem:
        return await refuse(problem, 422)
    try:
        form = WrapUp(Resolution(resolved), cause, product_area, gap, follow_up, note.strip())
        await commands.wrap_up(escalation_id, str(call_id), desk.person_id, form)
    except Failure as failure:
        async with desk.engine.connect() as conn:
            saved = await saved_wrap_up(conn, str(call_id), desk.person_id)
        if saved is None:
            return await refuse(failure.detail, status_of(failure))
        # The second click of a double click: the first has already saved the wrap-up.
        return await _already_saved(desk, typed, saved)
    return await answer(desk, notice="Wrapped up. Thank you.")


async def _already_saved(desk: DeskRequest, typed: Mapping[str, Any], saved: WrapUp) -> Response:
    """The response to a second wrap-up, which changes nothing: success if it equals the first, otherwise 409."""
    same = all(typed[name] == value for name, value in asdict(saved).items())
    return await answer(desk, 200 if same else 409, force=("calls",), notice=_saved_words(saved))


def _saved_words(saved: WrapUp) -> str:
    solved = {Resolution.YES: "solved", Resolution.NO: "not solved", Resolution.FOLLOW_UP: "a follow-up is needed"}
    parts = [solved[saved.resolved], *(part for part in (saved.cause, saved.product_area) if part)]
    return f"This call is already wrapped up: {', '.join(parts)}. Nothing was changed."


def _problem(typed: Mapping[str, Any], areas: tuple[str, ...]) -> str:
    """What is wrong with a wrap-up, as a sentence for the agent; empty if nothing is."""
    if typed["resolved"] not in list(Resolution):
        return "Was it solved? Choose yes, no or follow-up."
    for name, choices in (("cause", CAUSES), ("product_area", areas), ("gap", GAPS), ("follow_up", FOLLOW_UPS)):
        if typed[name] and typed[name] not in choices:
            return f"“{typed[name]}” is not one of the choices for {name.replace('_', ' ')}."
    if len(typed["note"]) > LONGEST_NOTE:
        return f"The note is longer than {LONGEST_NOTE} characters. Please shorten it."
    return ""

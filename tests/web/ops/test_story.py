"""The story and the list of those who were asked say no more than the rows do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.escalations.nudge import nudge
from database.stores.escalations.withdraw import withdraw
from database.stores.journal.message_queue import mark_sent
from database.stores.muster import renew_after, replace_agent
from database.stores.queries.escalation_detail import WholeEscalation, read_whole
from database.tables.directory import presence
from database.tables.escalation import message
from domain.escalation import Kind, Mode, Outcome
from domain.ids import LIVE_CHANNEL
from domain.letter import LetterKind
from tests.database.rounds.round_floor import Floor
from web.ops.asked import offer_words
from web.ops.reading import concerns
from web.ops.story import newest_sentence, story_of

STEPS = '  if nobody in 1 minute, alert the team lead\n  if nobody in 2 minutes, widen to title "Advisor"'
ENGINES = f'rule "Engines"\n  when product area is engine\n  send to title "Marine Engineer"\n{STEPS}'
ENGINE: dict[str, Any] = {"product area": "engine"}
ANNA, MIGUEL = "Anna Schmidt", "Miguel Torres"


@pytest.fixture
def floor(database: AsyncEngine) -> Floor:
    return Floor(database)


async def whole(floor: Floor, escalation_id: str) -> WholeEscalation:
    async with floor.engine.connect() as conn:
        escalation = await read_whole(conn, escalation_id)
    assert escalation is not None
    return escalation


async def newest(floor: Floor, escalation_id: str, kind: Kind) -> str:
    return newest_sentence(await whole(floor, escalation_id), kind)


async def asked(floor: Floor, escalation_id: str) -> list[str]:
    escalation = await whole(floor, escalation_id)
    return [f"{offer['person_name']}: {offer_words(offer, escalation.events)}" for offer in escalation.offers]


async def set_messages(floor: Floor, escalation_id: str, **values: str) -> None:
    async with floor.engine.begin() as conn:
        await conn.execute(update(message).where(message.c.escalation == escalation_id).values(values))


async def vanish(floor: Floor) -> None:
    """Everybody's desk falls silent, and the next round sees it."""
    async with floor.engine.begin() as conn:
        await conn.execute(update(presence).values(seen_at=floor.now - timedelta(minutes=3)))
    await floor.round()


async def test_a_link_was_mailed_only_once_its_mail_was_sent(floor: Floor) -> None:
    await floor.furnish()
    one = await floor.book("one", floor.now + timedelta(hours=2))
    assert "The mail with a booking link is on its way to Mira Olsen." in await newest(floor, one, Kind.LINK_ISSUED)
    await set_messages(floor, one, state="failed", last_error="no such mailbox")
    assert "to Mira Olsen could not be delivered." in await newest(floor, one, Kind.LINK_ISSUED)
    await set_messages(floor, one, state="failed", last_error="not sent, because the call has begun")
    assert "to Mira Olsen was not sent, because the call has begun." in await newest(floor, one, Kind.LINK_ISSUED)
    await set_messages(floor, one, state="sent")
    assert "A booking link was mailed to Mira Olsen." in await newest(floor, one, Kind.LINK_ISSUED)
    async with floor.engine.begin() as conn:
        await conn.execute(message.delete())
    assert "was not sent to Mira Olsen" in await newest(floor, one, Kind.LINK_ISSUED)


async def test_whoever_accepted_is_never_said_not_to_have_answered(floor: Floor) -> None:
    await floor.furnish(rules=ENGINES)
    await floor.come_on(ANNA)
    one = await floor.open("one", **ENGINE)
    await floor.round()
    await floor.accept(one)
    await vanish(floor)
    assert await asked(floor, one) == [f"{ANNA}: took it, then was no longer at the desk"]
    assert f"{ANNA} had accepted the call and was no longer at the desk" in await newest(
        floor, one, Kind.AGENT_VANISHED
    )
    await floor.beat(MIGUEL)
    await floor.round()
    floor.later(seconds=46)
    await floor.beat(MIGUEL)
    await floor.round()
    assert (await asked(floor, one))[1] == f"{MIGUEL}: did not answer"
    await floor.come_on(MIGUEL)
    await floor.round()
    await floor.accept(one)
    async with floor.engine.begin() as conn:
        live = await floor.live(one)
        assert await replace_agent(conn, one, str(live.call), live.nth, floor.now)
    assert (await asked(floor, one))[2] == f"{MIGUEL}: took it, but did not join"
    await floor.come_on(ANNA)
    await floor.round()
    await vanish(floor)
    assert (await asked(floor, one))[3] == f"{ANNA}: was no longer at the desk"
    assert "so the offer ended" in await newest(floor, one, Kind.AGENT_VANISHED)


async def test_an_alert_names_everybody_whom_it_reached_and_whom_not(floor: Floor) -> None:
    await floor.furnish(rules=ENGINES)
    one = await floor.open("one", **ENGINE)
    await floor.come_on("Freja Holm")
    floor.later(seconds=61)
    await floor.beat("Freja Holm")
    await floor.round()
    alerted = await newest(floor, one, Kind.ALERTED)
    assert "a message to Anna Schmidt, Miguel Torres and the alert channel is on its way" in alerted
    async with floor.engine.begin() as conn:
        rows = await conn.execute(text("SELECT id, channel, recipient FROM message WHERE kind = 'lead_alert'"))
        for row in rows.all():
            if row.recipient.startswith("anna"):
                await mark_sent(conn, str(row.id))
            elif row.channel == "mail":
                await conn.execute(update(message).where(message.c.id == row.id).values(state="failed"))
            else:
                await conn.execute(message.delete().where(message.c.id == row.id))
    assert (await newest(floor, one, Kind.ALERTED)).endswith(
        "Anna Schmidt was told; the message to Miguel Torres could not be delivered."
    )
    async with floor.engine.begin() as conn:
        await conn.execute(message.delete().where(message.c.kind == LetterKind.LEAD_ALERT))
    assert (await newest(floor, one, Kind.ALERTED)).endswith("there was nobody to alert.")


async def test_what_a_round_does_wakes_the_pages_of_its_escalations(floor: Floor) -> None:
    await floor.furnish(rules=ENGINES)
    one = await floor.open("one", **ENGINE)
    url = floor.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as live:
        await live.execute(f"LISTEN {LIVE_CHANNEL}")

        async def woken_after_round() -> bool:
            await floor.round()
            await live.execute("SELECT pg_notify(%s, 'end')", (LIVE_CHANNEL,))
            payloads = set()
            async for heard in live.notifies(timeout=5):
                payloads.add(heard.payload)
                if heard.payload == "end":
                    break
            return any(concerns(payload, one) for payload in payloads)

        await floor.come_on(ANNA)
        assert await woken_after_round(), "offered"
        floor.later(seconds=46)
        await floor.beat(ANNA, state="away")
        assert await woken_after_round(), "ran out"
        floor.later(seconds=20)
        await floor.beat(ANNA)
        assert await woken_after_round(), "alerted"
        async with floor.engine.begin() as conn:
            await conn.execute(update(presence).values(seen_at=floor.now - timedelta(minutes=3)))
        assert await woken_after_round(), "vanished"
        floor.later(minutes=2)
        await floor.beat("Freja Holm")
        assert await woken_after_round(), "widened"
        assert not await woken_after_round(), "nothing happened"


async def test_a_nudge_on_a_booked_call_leaves_a_line_that_says_what_it_did(floor: Floor) -> None:
    await floor.furnish()
    one = await floor.book("one", floor.now + timedelta(hours=2))
    actor = f"person:{await floor.person(ANNA)}"
    async with floor.engine.begin() as conn:
        await nudge(conn, one, actor, floor.now)
    assert (await newest(floor, one, Kind.NUDGED)).startswith(f"{ANNA} nudged it: the workflow gets its events again")
    invited = await floor.open("two", Mode.BOOKING)
    async with floor.engine.begin() as conn:
        await nudge(conn, invited, actor, floor.now)
    texts = [one.text for one in story_of(await whole(floor, invited))]
    assert texts[-2:] == [
        f"{ANNA} nudged it: the customer gets the link again.",
        "A reminder of the link is on its way to Mira Olsen.",
    ]


async def test_a_withdrawal_names_whom_it_concerned(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on("Freja Holm")
    one, invited = await floor.open("one"), await floor.open("two", Mode.BOOKING)
    await floor.round()
    async with floor.engine.begin() as conn:
        for escalation_id in (one, invited):
            await withdraw(conn, escalation_id, Outcome.WITHDRAWN, "cli", "a mistake", floor.now)
    assert (await newest(floor, one, Kind.WITHDRAWN)).endswith(
        "the mail that says so is on its way to Mira Olsen; Freja Holm no longer has it."
    )
    assert (await newest(floor, invited, Kind.WITHDRAWN)).endswith("was not sent to Mira Olsen.")


async def test_if_nobody_was_available_the_story_names_who_was_told(floor: Floor) -> None:
    await floor.furnish()
    one = await floor.open("one")
    async with floor.engine.begin() as conn:
        await conn.execute(text("UPDATE person SET roles = '{agent,manager}' WHERE name = 'Ines Costa'"))
        due = await floor.call_of(one)
        kind, letter = Kind.NOBODY_AVAILABLE, LetterKind.NOBODY_AVAILABLE.value
        await renew_after(conn, one, str(due.id), kind, letter, floor.tokens, floor.now)
    said = await newest(floor, one, Kind.NOBODY_AVAILABLE)
    assert "with a new link is on its way to Mira Olsen; a message to Ines Costa and the alert channel is" in said
    await set_messages(floor, one, state="sent")
    said = await newest(floor, one, Kind.NOBODY_AVAILABLE)
    assert said.endswith("Mira Olsen was told by mail, with a new link; Ines Costa and the alert channel were told.")

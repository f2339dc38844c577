"""Lives of escalations that together take every branch, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from tests.web.hooks.test_hooks import event
from tests.web.sentences.town import Life, Town

ANNA, MIGUEL, FREJA, LUKAS, INES = "Anna Schmidt", "Miguel Torres", "Freja Holm", "Lukas Weber", "Ines Costa"
Step = AsyncIterator[tuple[Life, str]]


async def booked_held_and_rated_well(town: Town) -> Step:
    life = await town.open(area="engine", customer__time_zone="America/New_York")
    yield life, "opened by a program"
    await town.mail_goes_out(life)
    yield life, "invited"
    await town.book(life, hours=2)
    yield life, "booked"
    await town.mail_goes_out(life)
    await town.clock.later(hours=1, minutes=1)
    await town.due(life, "remind_customer")
    yield life, "reminded"
    start = (await town.newest_call(life)).starts_at
    await town.at_their_desks(ANNA)
    await town.clock.set(start - timedelta(minutes=5))
    await town.beat(ANNA)
    await town.round()
    yield life, "offered"
    await town.clock.later(seconds=5)
    await town.answer(life, "accept")
    yield life, "taken"
    await town.clock.set(start - timedelta(minutes=2))
    await town.due(life, "remind_agent")
    yield life, "agent reminded"
    await town.join(life, "customer")
    yield life, "customer joined"
    await town.clock.set(start + timedelta(seconds=20))
    await town.join(life, "agent")
    yield life, "begun"
    await town.clock.later(minutes=12)
    await town.at_call(life, "end")
    yield life, "ended"
    await town.clock.later(minutes=1)
    await town.at_call(life, "wrap-up", resolved="yes", cause="product fault", product_area="engine", note="A hose.")
    yield life, "wrapped up: solved"
    await town.clock.later(minutes=30)
    await town.due(life, "ask")
    yield life, "asked for a rating"
    await town.mail_goes_out(life)
    yield life, "survey sent"
    await town.rate(life, 5, "Very kind.")
    yield life, "rated well"


async def now_taken_unsolved_and_rated_badly(town: Town) -> Step:
    await town.at_their_desks(FREJA)
    life = await town.open_at_the_desk(INES, "now")
    yield life, "opened by an agent, call now"
    await town.wait(FREJA, seconds=2)
    yield life, "offered"
    await town.answer(life, "accept")
    yield life, "taken"
    await town.clock.later(seconds=10)
    await town.join(life, "agent")
    yield life, "agent joined"
    await town.clock.later(seconds=10)
    await town.join(life, "customer")
    yield life, "begun"
    await town.clock.later(minutes=3)
    await town.customer_posts(life, "alone", sure="yes")
    yield life, "alone"
    await town.clock.later(seconds=10)
    await town.join(life, "agent")
    yield life, "agent back"
    await town.clock.later(minutes=4)
    await town.at_call(life, "end")
    await town.at_call(life, "wrap-up", resolved="no", cause="wrong use", gap="training", follow_up="bug report")
    yield life, "wrapped up: not solved"
    await town.clock.later(minutes=31)
    await town.due(life, "ask")
    await town.mail_goes_out(life, fails="mailbox unavailable")
    yield life, "survey not delivered"
    await town.clock.later(days=2)
    await town.due(life, "ask_again")
    yield life, "asked again"
    await town.rate(life, 2, "Nobody knew the hull.")
    yield life, "rated badly"
    await town.mail_goes_out(life)
    yield life, "alerts of the rating sent"


async def link_nudged_and_expired(town: Town) -> Step:
    life = await town.open_by_webhook()
    yield life, "opened by a webhook"
    await town.mail_goes_out(life, fails="no such mailbox")
    yield life, "invitation not delivered"
    await town.clock.later(days=2)
    await town.due(life, "nudge")
    yield life, "nudged"
    await town.mail_goes_out(life)
    await town.clock.later(hours=1)
    await town.ops_posts(life, "nudge")
    yield life, "nudged by ops"
    await town.clock.later(days=3)
    yield life, "past its expiry"
    await town.due(life, "expire")
    yield life, "expired"


async def moved_and_cancelled(town: Town) -> Step:
    life = await town.open()
    await town.book(life, hours=3)
    await town.clock.later(minutes=2)
    await town.move(life, hours=26)
    yield life, "moved"
    await town.clock.later(minutes=2)
    await town.ops_posts(life, "nudge")
    yield life, "nudged by ops"
    await town.customer_posts(life, "cancel", sure="yes")
    yield life, "cancelled"
    await town.mail_goes_out(life)
    yield life, "cancellation sent"


async def withdrawn_before_booking(town: Town) -> Step:
    life = await town.open()
    await town.clock.later(minutes=1)
    await town.ops_posts(life, "withdraw", reason="a mistake")
    yield life, "withdrawn by staff"


async def withdrawn_by_a_program(town: Town) -> Step:
    life = await town.open()
    await town.book(life, hours=3)
    await town.clock.later(minutes=1)
    async with town.office.program() as program:
        answer = await program.post(f"/api/v1/escalations/{life.id}/withdraw", json={"reason": "it was the fuse"})
    assert answer.status_code == 200, answer.text
    yield life, "withdrawn by a program"
    await town.mail_goes_out(life)
    yield life, "withdrawal sent"


async def solved_while_offered(town: Town) -> Step:
    await town.at_their_desks(FREJA)
    life = await town.open_by_webhook()
    await town.book(life, minutes=30)
    start = (await town.newest_call(life)).starts_at
    await town.clock.set(start - timedelta(minutes=4))
    await town.beat(FREJA)
    await town.round()
    yield life, "offered"
    await town.deliver(event(life.ticket, f"solves-{life.ticket}", status="SOLVED"))
    yield life, "ticket solved"
    await town.mail_goes_out(life, fails="mailbox unavailable")
    yield life, "withdrawal not delivered"


async def ran_out_declined_widened_and_nobody(town: Town) -> Step:
    await town.at_their_desks(ANNA, MIGUEL)
    life = await town.open("now", "engine")
    await town.wait(ANNA, MIGUEL, seconds=2)
    yield life, "offered"
    await town.wait(ANNA, MIGUEL, seconds=46)
    yield life, "ran out, offered to the other"
    await town.wait(ANNA, MIGUEL, seconds=13)
    yield life, "alerted"
    await town.mail_goes_out(life, "lead_alert")
    yield life, "alerts sent"
    await town.answer(life, "decline", reason="in a meeting")
    yield life, "declined"
    await town.wait(ANNA, MIGUEL, seconds=60)
    yield life, "widened"
    await town.wait(ANNA, MIGUEL, minutes=3, seconds=5)
    yield life, "exhausted"
    await town.due(life, "nobody_available")
    yield life, "nobody available"
    await town.mail_goes_out(life)
    yield life, "nobody available, sent"
    await town.at_their_desks()
    await town.book(life, minutes=20)
    yield life, "booked with the new link"
    start = (await town.newest_call(life)).starts_at
    await town.clock.set(start - timedelta(minutes=5))
    await town.round()
    await town.wait(minutes=6)
    await town.due(life, "nobody_available")
    yield life, "nobody available again"
    for number in ("third", "fourth", "last"):
        await town.book(life, minutes=20)
        start = (await town.newest_call(life)).starts_at
        await town.clock.set(start - timedelta(minutes=5))
        await town.round()
        if number != "fourth":
            yield life, f"searching with the {number} link"
        await town.wait(minutes=6)
        await town.due(life, "nobody_available")
    yield life, "the last link's end"
    await town.mail_goes_out(life)
    yield life, "the last link's end, sent"


async def vanished_and_standstill(town: Town) -> Step:
    await town.at_their_desks(FREJA, INES)
    life = await town.open("now")
    await town.wait(FREJA, INES, seconds=1)
    await town.clock.later(seconds=20)
    await town.answer(life, "accept")
    await town.wait(INES, minutes=3)
    yield life, "vanished after accepting"
    await town.at_their_desks(LUKAS, INES)
    await town.round()
    yield life, "offered to somebody else"
    await town.answer(life, "accept")
    yield life, "taken by somebody else"
    await town.clock.later(minutes=2)
    await town.beat(LUKAS)
    await town.due(life, "replace_agent")
    yield life, "agent no-show"
    await town.clock.later(minutes=3)
    yield life, "rounds stand still"
    await town.round(after_standstill=True)
    yield life, "resumed"


async def customer_no_show(town: Town) -> Step:
    await town.at_their_desks(FREJA)
    life = await town.open()
    await town.book(life, minutes=30)
    start = (await town.newest_call(life)).starts_at
    await town.clock.set(start - timedelta(minutes=5))
    await town.beat(FREJA)
    await town.round()
    await town.answer(life, "accept")
    await town.clock.set(start)
    await town.join(life, "agent")
    await town.clock.later(minutes=3)
    await town.beat(FREJA)
    await town.due(life, "call_for_customer")
    yield life, "customer called for"
    await town.mail_goes_out(life)
    await town.clock.later(minutes=7)
    await town.due(life, "customer_missed")
    yield life, "customer no-show"
    await town.mail_goes_out(life)
    yield life, "customer no-show, sent"


async def not_wrapped_up_and_survey_expired(town: Town) -> Step:
    await town.at_their_desks(FREJA)
    life = await town.open("now", "billing")
    yield life, "call now for a team that is not there"
    await town.ops_posts(life, "nudge")
    yield life, "nudged while searching"
    await town.at_their_desks(INES)
    await town.wait(INES, seconds=5)
    await town.answer(life, "accept")
    await town.join(life, "customer")
    await town.join(life, "agent")
    await town.clock.later(minutes=5)
    await town.at_call(life, "end")
    await town.wait(INES, minutes=16)
    await town.due(life, "end_unrecorded")
    yield life, "not wrapped up in time"
    await town.clock.later(minutes=30)
    await town.due(life, "ask")
    await town.mail_goes_out(life)
    await town.clock.later(days=7, minutes=1)
    await town.due(life, "end_survey")
    yield life, "survey expired"


async def waits_behind_another(town: Town) -> Step:
    await town.at_their_desks(FREJA)
    other = await town.open("now")
    await town.wait(FREJA, seconds=1)
    await town.answer(other, "accept")
    life = await town.open_at_the_desk(INES, "now")
    await town.join(life, "customer")
    await town.wait(FREJA, seconds=10)
    yield life, "next in line"
    await town.join(other, "agent")
    await town.join(other, "customer")
    await town.at_call(other, "end")
    await town.at_call(other, "wrap-up", resolved="yes")
    await town.wait(FREJA, seconds=10)
    await town.answer(life, "accept")
    yield life, "taken, with the customer on the page"
    await town.join(life, "agent")
    await town.clock.later(minutes=5)
    await town.at_call(life, "wrap-up", resolved="no")
    await town.clock.later(minutes=30)
    await town.due(life, "ask")
    await town.rate(life, 1)
    yield life, "rated badly, without a word"


async def refused(town: Town) -> Step:
    life = await town.open_at_the_desk(INES, "booking", "electronics")
    yield life, "refused"


async def follow_up_unrated(town: Town) -> Step:
    await town.at_their_desks(FREJA)
    life = await town.open("now")
    await town.wait(FREJA, seconds=1)
    await town.answer(life, "accept")
    await town.join(life, "agent")
    await town.join(life, "customer")
    await town.clock.later(minutes=5)
    await town.at_call(life, "end")
    await town.at_call(life, "wrap-up", resolved="follow_up", follow_up="another call")
    yield life, "wrapped up: follow-up"
    await town.clock.later(minutes=30)
    await town.due(life, "ask")
    yield life, "survey queued"


LIVES: tuple[Callable[[Town], Step], ...] = (
    booked_held_and_rated_well,
    now_taken_unsolved_and_rated_badly,
    link_nudged_and_expired,
    moved_and_cancelled,
    withdrawn_before_booking,
    withdrawn_by_a_program,
    solved_while_offered,
    ran_out_declined_widened_and_nobody,
    vanished_and_standstill,
    customer_no_show,
    not_wrapped_up_and_survey_expired,
    waits_behind_another,
    refused,
    follow_up_unrated,
)

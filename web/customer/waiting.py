"""The status line for a customer's call: its state, what happens next, and by when. It updates itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from database.stores.customer_link import LinkPage
from domain.customer_link import LINKS_AT_MOST
from domain.rounds.search_clock import STANDSTILL
from domain.rounds.waiting_line import PUT_BACK_SHOWN_FOR, estimate_words, nobody_there, people_before
from rules_dsl.model.decision import StepKind
from web.customer.stage import CustomerStage

_MAY_BE_LATE = "It may begin a few minutes late: calls before yours are taking longer than planned."

_NOT_COMING = "The person who had taken your call is not coming after all. We are sorry."
_INTERRUPTED = "A fault on our side held us up, so this is taking longer than usual. You have kept your place."
_KEPT = "We will continue as soon as it is fixed, and you keep your place. This page updates by itself."


@dataclass(frozen=True)
class StatusLine:
    mark: str
    """The CSS class that draws the shape in front of the text."""
    says: str
    by: datetime | None = None
    """The latest time at which the search can end."""
    late: bool = False
    more: tuple[str, ...] = ()
    """More sentences: the place in line, the estimate, and whether either got worse."""
    reminded: bool = False
    """Whether a reminder by email is still to come before the call."""
    last: bool = False
    """Whether no other time can be booked if nobody takes the call."""
    alone: bool = False
    """Whether to show the button with which customers report that they are alone in the room."""


def line_of(link: LinkPage, stage: CustomerStage, now: datetime) -> StatusLine | None:
    """The status line for a call that is pending or running; None if there is no call or it has ended."""
    if link.call is None:
        return None
    start = link.call.starts_at
    late, more = start is not None and now >= start, tuple[str, ...]()
    if stage is CustomerStage.BOOKED:
        says = f"We will look for {_somebody(_first_asked(link))} shortly before your call begins."
        more = (_MAY_BE_LATE,) if link.call.told_late_at is not None else ()
        leads = link.plan.decision.reminders.customer
        reminded = start is not None and any(now < start - timedelta(seconds=lead) for lead in leads)
        return StatusLine("done", says, more=more, reminded=reminded)
    if stage is CustomerStage.FINDING and _stands_still(link, now):
        return StatusLine("waiting", "A fault on our side is holding up our search.", more=(_KEPT,))
    if stage is CustomerStage.FINDING:
        more = _replaced(link) + _interruption(link) + _in_line(link, late, now)
        return StatusLine("waiting", _search_words(link), _gives_up_at(link), late, more, last=_is_last(link))
    if stage is CustomerStage.ASKING:
        says = f"We are asking {_somebody(link.asked_team)} right now."
        more = _replaced(link) + _interruption(link)
        return StatusLine("offered", says, _gives_up_at(link), late, more, last=_is_last(link))
    return _taken_line(link, stage)


def _taken_line(link: LinkPage, stage: CustomerStage) -> StatusLine | None:
    """The line for a call that somebody has taken; it names the team of whoever did."""
    assert link.call is not None
    team = (link.call.attribution or {}).get("team_name") or link.team_name
    if stage is CustomerStage.READY and link.call.agent_joined_at is not None:
        return StatusLine("on", f"Someone from {team} is in the room, waiting for you.")
    if stage is CustomerStage.READY:
        who = f"Somebody else, from {team}," if link.times_taken > 1 else f"Someone from {team}"
        return StatusLine("on", f"{who} has taken your call and will join you.")
    if stage is CustomerStage.ON_CALL:
        if link.call.alone_at is not None:
            return StatusLine(
                "waiting", f"We have called someone from {team} back to you. If they don't come, we will find another."
            )
        return StatusLine("on", f"Your call has begun: someone from {team} is in the room.", alone=True)
    return None


def _first_asked(link: LinkPage) -> str:
    """The only team whom the search asks first, or "" if it asks several, or people of a title wherever they are."""
    teams = {target.team for target in link.plan.decision.targets}
    return link.team_name if len(teams) == 1 and None not in teams else ""


def _somebody(team: str) -> str:
    return f"someone from {team}" if team else "someone"


def _search_words(link: LinkPage) -> str:
    """Whom the search asks at its current step, and whether anybody is there to be asked."""
    assert link.call is not None
    widened = any(step.kind is StepKind.WIDEN for step in link.plan.decision.steps[: link.call.step])
    if nobody_there(link.call.place, link.call.estimate):
        who = "" if widened or not (team := _first_asked(link)) else f" from {team}"
        return f"Nobody{who} who could take your call is at their desk right now. We keep looking."
    if widened:
        return "We are finding someone for you, and have begun to ask more people."
    return f"We are finding {_somebody(_first_asked(link))} for you."


def _replaced(link: LinkPage) -> tuple[str, ...]:
    """That somebody had taken the call and doesn't come, while somebody else is being looked for."""
    return (_NOT_COMING,) if link.times_taken else ()


def _stands_still(link: LinkPage, now: datetime) -> bool:
    return link.rounds_ran_at is not None and now - link.rounds_ran_at > STANDSTILL


def _interruption(link: LinkPage) -> tuple[str, ...]:
    """Why it takes longer, if for some time nobody could be asked."""
    return (_INTERRUPTED,) if link.call is not None and link.call.interrupted_at is not None else ()


def _in_line(link: LinkPage, late: bool, now: datetime) -> tuple[str, ...]:
    """The last round's place in line and estimate and, for a while, a note that a more urgent call went ahead."""
    call = link.call
    if call is None or call.place is None:
        return ()
    sentences = [people_before(call.place)]
    if call.place > 1 and call.put_back_at is not None and now - call.put_back_at < PUT_BACK_SHOWN_FOR:
        sentences.append("A more urgent call came in before yours.")
    if call.starts_at is None or late:
        sentences.append(f"We expect it to take {estimate_words(call.estimate)}.")
    elif call.told_late_at is not None:
        sentences.append(_MAY_BE_LATE)
    return tuple(sentences)


def _is_last(link: LinkPage) -> bool:
    """Whether no further link follows if this one's call does not take place."""
    return link.nth >= LINKS_AT_MOST


def _gives_up_at(link: LinkPage) -> datetime:
    assert link.call is not None
    began = link.call.search_began_at or link.call.muster_at
    gives_up_at: datetime = began + timedelta(seconds=link.plan.gives_up_after)
    return gives_up_at

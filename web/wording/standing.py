"""A person's standing in words, on their desk. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.rounds.rest import Rest, RestReason
from domain.rounds.standing import Standing, StandingState
from web.wording import times


@dataclass(frozen=True)
class StandingWords:
    mark: str
    """The CSS class that draws a shape in front of the state."""
    state: str
    before: str = ""
    moment: datetime | None = None
    """The time between ``before`` and ``after``."""
    after: str = ""


def standing_words(standing: Standing) -> StandingWords:
    """The state, and since or until when and why: ``Resting under the 10-minute rule until 01:09``."""
    since, until = standing.since, standing.until
    match standing.state:
        case StandingState.RESTING if standing.rest is not None:
            return _resting(standing.rest)
        case StandingState.CALL_TAKEN if until is not None:
            return StandingWords("on", "Call taken:", "join by", until, ", or somebody else is asked")
        case StandingState.CALL_TAKEN:
            return StandingWords("on", "Call taken", "since", since)
        case StandingState.ON_CALL:
            return StandingWords("on", "On the call", "since", since)
        case StandingState.WRAPPING_UP if until is not None:
            return StandingWords("on", "Wrapping up", "until", until, "; then calls can be offered to you again")
        case StandingState.WRAPPING_UP:
            return StandingWords("on", "Wrapping up", "since", since)
        case StandingState.AWAY:
            state = f"Away: {standing.reason}" if standing.reason else "Away"
            return StandingWords("waiting", state, "since", since)
        case StandingState.NOT_CONNECTED:
            return StandingWords("person", "Not connected", "since", since, "; no calls are offered to you")
        case StandingState.OFFLINE:
            return StandingWords("off", "Offline")
        case _:
            return StandingWords("on", "Available", "since", since)


def idle_words(standing: Standing, zone: str) -> str:
    """What the desk says where an offer would stand, if there is none."""
    match standing.state:
        case StandingState.AVAILABLE:
            return "No offer right now. The next one will appear here automatically, with its context."
        case StandingState.RESTING if standing.rest is not None:
            clock = times.clock(standing.rest.until, zone)
            if standing.rest.reason is RestReason.OCCUPANCY:
                return f"Only booked calls are offered to you until {clock} at the latest."
            return (
                f"No calls are offered to you until {clock}. After that, the next one will appear here automatically."
            )
        case StandingState.NOT_CONNECTED:
            return "Your desk lost its connection, so no calls are offered to you. It reconnects automatically."
        case StandingState.OFF_SHIFT:
            return "You are available but off shift. Calls are only offered during shifts."
        case StandingState.KEPT_FREE:
            return "You are available, but this time is kept free of calls. Offers will resume afterwards."
        case StandingState.AWAY:
            return "You are away. No calls are offered to you until you are back."
        case _:
            return "You are offline. No calls are offered to you until you are available."


def _resting(rest: Rest) -> StandingWords:
    calls = f"{rest.amount} {'call' if rest.amount == 1 else 'calls'} today"
    reason = {
        RestReason.GAP: f"under the {_length(rest.amount)} rule",
        RestReason.CALLS_A_DAY: f"after {calls}, the most the rules allow,",
        RestReason.CALLS_A_DAY_OF_TITLE: f"after {calls}, the most the rules allow for your title,",
        RestReason.SHIFT_END: f"in the last {times.length(rest.amount)} of your shift, as the rules say,",
        RestReason.SHIFT_PERCENT: f"after more than {rest.amount} % of your shift in calls, as the rules say,",
        RestReason.OCCUPANCY: f"from calls now, after {rest.amount} % of your time in calls,",
    }[rest.reason]
    latest = " at the latest" if rest.reason is RestReason.OCCUPANCY else ""
    return StandingWords("waiting", "Resting", f"{reason} until", rest.until, latest)


def _length(seconds: int) -> str:
    """``10-minute``, ``45-second``."""
    size, unit = (seconds // 60, "minute") if seconds % 60 == 0 else (seconds, "second")
    return f"{size}-{unit}"

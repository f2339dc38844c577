"""An escalation's state as a mark and words, never as a colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from domain.escalation import Outcome, State


@dataclass(frozen=True)
class StateWords:
    mark: str
    """The CSS class that draws a shape in front of the text: ``waiting`` ◷, ``offered`` ◎, ``on`` ●, ``done`` ✓,
    ``person`` ▲, ``lost`` ✕."""
    words: str

    @property
    def shape(self) -> str:
        """The mark for places without the style sheet."""
        return _SHAPES[self.mark]


_SHAPES = {"waiting": "◷", "offered": "◎", "on": "●", "done": "✓", "person": "▲", "lost": "✕"}

_STATES = {
    State.INVITED: StateWords("waiting", "waiting for the customer to book"),
    State.BOOKED: StateWords("waiting", "booked"),
    State.MUSTERING: StateWords("offered", "finding a person"),
    State.ACCEPTED: StateWords("on", "taken, not begun"),
    State.ON_CALL: StateWords("on", "on the call"),
    State.WRAPPING_UP: StateWords("on", "being wrapped up"),
    State.RATING: StateWords("done", "wrapped up, rating awaited"),
    State.CLOSED: StateWords("done", "closed"),
    State.REFUSED: StateWords("lost", "not allowed by the rules"),
}
_OUTCOMES = {
    Outcome.RESOLVED: StateWords("done", "resolved"),
    Outcome.UNRESOLVED: StateWords("person", "not resolved"),
    Outcome.NOT_RECORDED: StateWords("done", "called, no wrap-up written"),
    Outcome.LINK_EXPIRED: StateWords("lost", "never booked"),
    Outcome.CANCELLED: StateWords("lost", "cancelled by the customer"),
    Outcome.WITHDRAWN: StateWords("lost", "withdrawn"),
    Outcome.TICKET_SOLVED: StateWords("done", "solved without a call"),
    Outcome.NOT_SERVED: StateWords("person", "no call came about"),
}


def state_words(state: str, outcome: str | None = None) -> StateWords:
    """Words for a state, or for the outcome if it is closed. Unknown states are shown unchanged."""
    if state == State.CLOSED and outcome in list(Outcome) and Outcome(outcome) in _OUTCOMES:
        return _OUTCOMES[Outcome(outcome)]
    if state in list(State):
        return _STATES[State(state)]
    return StateWords("waiting", state.replace("_", " "))

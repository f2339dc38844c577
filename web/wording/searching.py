"""Where the list of escalations was searched, and for what. Pure."""

from __future__ import annotations

from database.stores.queries.search_terms import SearchedFor, SearchTerms
from domain.tickets.reference import account_of
from web.wording.states import state_words

EVERYWHERE = (
    "tickets (number, subject), customers (name, address), agents who had or were asked to take a call, and rules"
)


def searched_words(terms: SearchTerms, state: str, narrowed: bool) -> str:
    """A sentence that says what was searched. ``narrowed``: other fields than the words narrow the list, too."""
    states = {"all": "in all states, archived ones too", "open": "among open ones only"}
    where = states.get(state, f"only in the state “{state_words(state).words}”")
    also = "; the other fields narrow it further" if narrowed else ""
    return f"Searched {where}, for {_sought(terms)}{also}."


def _sought(terms: SearchTerms) -> str:
    match terms.sought:
        case SearchedFor.ID:
            return "the escalation, call or message with this id"
        case SearchedFor.TICKET:
            assert terms.ticket is not None
            account = account_of(terms.ticket.url)
            return (
                f"the ticket {terms.ticket.id} of {account}"
                if account
                else f"tickets with the number {terms.ticket.id}"
            )
        case SearchedFor.WORDS:
            return f"“{terms.words}” in {EVERYWHERE}"

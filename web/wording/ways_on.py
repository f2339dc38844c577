"""How a customer's page leads on from an end: book again, ask the team, or what became of having asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from database.stores.customer_link import LinkPage
from domain.customer_link import LINKS_AT_MOST
from web.customer.stage import CustomerStage


@dataclass(frozen=True)
class WayOn:
    says: str = ""
    action: str = ""
    """The last part of the address to which the button's form is sent; empty if there is no button."""
    button: str = ""

    @property
    def waits(self) -> bool:
        """Whether the team has been asked and hasn't answered, so that the page is kept up to date."""
        return bool(self.says) and not self.action


_ASKED = WayOn("We have told the team that you would like a new link. Once they issue it, this page leads you to it.")
_CLOSED = "The team has closed your request without a new link."
_ASK = {
    CustomerStage.EXPIRED: "Ask for a new link",
    CustomerStage.NOT_SERVED: "Ask for another time",
    CustomerStage.CANCELLED: "Ask for another time",
    CustomerStage.WITHDRAWN: "Ask for a call",
    CustomerStage.REPLACED: "Ask for a new link",
}


def way_on(link: LinkPage, stage: CustomerStage, now: datetime) -> WayOn | None:
    """What the customer can do now that this link leads no further; None if nothing, or if Muster is still deciding."""
    if stage not in _ASK or (stage is CustomerStage.NOT_SERVED and link.outcome is None):
        return None
    if stage is CustomerStage.REPLACED and link.outcome is None:
        return None
    if link.after.request == "open":
        return _ASKED
    if may_book_again(link, stage, now):
        return WayOn("You can still book another time.", "again", "Book another time")
    if link.after.request == "closed":
        return WayOn(_CLOSED, "ask", "Ask again")
    return WayOn("", "ask", _ASK[stage])


def may_book_again(link: LinkPage, stage: CustomerStage, now: datetime) -> bool:
    """Whether whoever cancelled may have the ticket opened again without asking.

    For as long as their own link would have been good, unless the ticket is solved, and only a few times.
    """
    return (
        stage is CustomerStage.CANCELLED
        and link.expires_at > now
        and not link.after.ticket_solved
        and link.after.times_again < LINKS_AT_MOST
    )

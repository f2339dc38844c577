"""Simulated clients: a program that opens escalations, and customers with their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.faults.judging.ledger import Entry, Ledger
from tests.web.forms import FoundForm, forms_of

_JOIN = re.compile(r'href="(/join/[\w-]+)"')


@dataclass
class Program:
    """A program with an API token."""

    ledger: Ledger
    client: httpx.AsyncClient

    async def open(self, ticket: str, mode: str = "booking", area: str = "hull", key: str | None = None) -> Entry:
        """Escalate a ticket to a call, with a new customer."""
        body = request(ticket, mode, area)
        entry = await self.ledger.send(
            "open", self.client, "/api/v1/escalations", body=body, key=key or f"key-{ticket}", about={"ticket": ticket}
        )
        if entry.ok and entry.response is not None:
            entry.about |= entry.response.json()
            self.ledger.escalations[entry.about["id"]] = ticket
        return entry

    async def customer(self, ticket: str, mode: str = "booking", area: str = "hull") -> Customer:
        opened = await self.open(ticket, mode, area)
        assert opened.ok, opened.text
        link = urlsplit(opened.about["customer_link"]).path
        return Customer(self.ledger, self.ledger.client(), ticket, opened.about["id"], link)

    async def withdraw(self, escalation: str) -> Entry:
        address = f"/api/v1/escalations/{escalation}/withdraw"
        return await self.ledger.send("withdraw", self.client, address, body={}, about={"escalation": escalation})

    async def read(self, escalation: str) -> dict[str, Any]:
        answer = await self.ledger.look(self.client, f"/api/v1/escalations/{escalation}")
        detail: dict[str, Any] = answer.json()
        return detail


def request(ticket: str, mode: str, area: str) -> dict[str, Any]:
    facts = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 90000}
    return {
        "ticket": {
            "system": "ledger",
            "id": ticket,
            "url": f"https://tickets.example/{ticket}",
            "subject": f"Ticket {ticket}",
            "facts": facts | {"product area": area},
        },
        "customer": {"name": f"Customer {ticket}", "email": address_of(ticket), "time_zone": "Europe/Copenhagen"},
        "mode": mode,
    }


def address_of(ticket: str) -> str:
    return f"{ticket.lower()}@customer.example"


@dataclass
class Customer:
    """A customer with the path of their customer link."""

    ledger: Ledger
    client: httpx.AsyncClient
    ticket: str
    escalation: str
    link: str

    async def page(self, query: str = "") -> httpx.Response:
        """Their page. It leads on to the page of the link that Muster issued instead, if there is one."""
        answer = await self.ledger.look(self.client, f"{self.link}{query}")
        while answer.status_code == 303:
            self.link = answer.headers["Location"]
            answer = await self.ledger.look(self.client, self.link)
        return answer

    async def form(self, ending: str, query: str = "") -> FoundForm | None:
        """The form on their page whose action has this ending, or None."""
        return find_form((await self.page(query)).text, ending)

    async def choose(self, ending: str, start: str, form: FoundForm) -> Entry:
        """Book or move to this start."""
        fields = form.fields | {"start": start}
        about = {"escalation": self.escalation, "link": self.link, "start": start}
        return await self.ledger.send(ending, self.client, form.action, fields, about=about)

    async def book(self, nth: int) -> Entry:
        """Book the nth start shown, or the last if there are fewer."""
        form = await self.form("/book")
        assert form is not None, "the page of an open link shows no times"
        starts = form.choices["start"]
        return await self.choose("book", starts[min(nth, len(starts) - 1)], form)

    async def move(self, nth: int) -> Entry | None:
        form = await self.form("/move", "?move=1")
        if form is None:
            return None
        starts = form.choices["start"]
        return await self.choose("move", starts[min(nth, len(starts) - 1)], form)

    async def cancel(self) -> Entry | None:
        form = await self.form("/cancel")
        if form is None:
            return None
        sent = form.fields | {"sure": "yes"}
        return await self.ledger.send("cancel", self.client, form.action, sent, about={"escalation": self.escalation})

    async def join(self, page: str) -> Entry | None:
        """Join the call if this page has a join link."""
        found = _JOIN.search(page)
        return None if found is None else await press_join(self.ledger, self.client, found[1], "customer")

    async def rate(self, survey: str, score: int) -> Entry:
        address = urlsplit(survey).path
        form = find_form((await self.ledger.look(self.client, address)).text, "")
        drawn = form.fields | form.buttons[-1] if form else {}
        sent = drawn | {"score": str(score), "comment": f"Rated {self.ticket}"}
        about = {"escalation": self.escalation, "score": score, "survey": address}
        return await self.ledger.send("rate", self.client, address, sent, about=about)


async def press_join(ledger: Ledger, client: httpx.AsyncClient, address: str, side: str) -> Entry | None:
    form = find_form((await ledger.look(client, address)).text, "")
    if form is None:
        return None
    return await ledger.send(
        "join", client, address, form.fields | form.buttons[-1], about={"side": side, "join": address}
    )


def find_form(page: str, ending: str) -> FoundForm | None:
    """The first form posted to an address with this ending."""
    found = (form for form in forms_of(page) if form.method == "post" and form.action.endswith(ending))
    return next(found, None)

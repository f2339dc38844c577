"""Simulated agents, who read their desk page and post its forms."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from tests.faults.actors.people import find_form, press_join
from tests.faults.judging.ledger import Entry, Ledger
from tests.web.forms import FoundForm, forms_of

_OFFER = re.compile(r'data-offer="([\w-]+)/(\d+)" data-remaining="([\d.]+)"')
_CALL = re.compile(r'id="join-([\w-]+)"( class="quiet")? href="([^"]+)"')


@dataclass(frozen=True)
class Offer:
    call: str
    nth: int
    remaining: float
    """Seconds left when the page was rendered."""
    form: FoundForm


@dataclass(frozen=True)
class Desk:
    """A desk page, parsed."""

    page: str

    @property
    def offer(self) -> Offer | None:
        found, form = _OFFER.search(self.page), find_form(self.page, "/accept")
        return Offer(found[1], int(found[2]), float(found[3]), form) if found and form else None

    @property
    def calls(self) -> list[tuple[str, bool, str]]:
        """Taken calls: id, whether this agent has joined, the join address."""
        return [(call, bool(joined), address) for call, joined, address in _CALL.findall(self.page)]

    @property
    def talking(self) -> bool:
        return "On the call</span>" in self.page

    @property
    def absent(self) -> FoundForm | None:
        """The form that says "I'm available", if shown."""
        forms = [form for form in forms_of(self.page) if form.fields.get("state") == "available"]
        return forms[0] if forms else None

    def form(self, ending: str) -> FoundForm | None:
        return find_form(self.page, ending)


@dataclass
class Agent:
    ledger: Ledger
    client: httpx.AsyncClient
    name: str
    token: str = ""
    """Form token of this session."""
    rng: random.Random = field(default_factory=random.Random)

    async def sign_in(self, link: str) -> None:
        address = urlsplit(link).path
        form = find_form((await self.ledger.look(self.client, address)).text, "")
        assert form is not None, f"{self.name} can't sign in"
        entry = await self.ledger.send("sign in", self.client, address, form.fields, about={"person": self.name})
        assert entry.ok, entry.text

    async def desk(self) -> Desk:
        return Desk((await self.ledger.look(self.client, "/desk")).text)

    async def be_available(self) -> None:
        """Become available unless the desk already says so. Reading the desk counts as a heartbeat."""
        desk = await self.desk()
        self.token = forms_of(desk.page)[0].fields["form_token"]
        if desk.absent is not None:
            await self.client.post("/desk/presence", data=desk.absent.fields)

    async def beat(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self.client.post("/desk/presence/heartbeat", data={"form_token": self.token}, timeout=5)
                assert not answer.is_client_error, answer.status_code
            await asyncio.sleep(3)

    async def accept(self, offer: Offer) -> Entry:
        about = {"call": offer.call, "nth": offer.nth, "person": self.name}
        return await self.ledger.send("accept", self.client, offer.form.action, offer.form.fields, about=about)

    async def join(self) -> Entry | None:
        """Join the first call on the desk."""
        _, _, address = (await self.desk()).calls[0]
        return await press_join(self.ledger, self.client, address, "agent")

    async def end(self, call: str, form: FoundForm) -> Entry:
        return await self.ledger.send("end", self.client, form.action, form.fields, about={"call": call})

    async def wrap_up(self, form: FoundForm) -> Entry:
        call = form.action.split("/")[-2]
        note = f"{self.name} wrapped up {call}"
        sent = form.fields | {"resolved": "yes", "note": note}
        return await self.ledger.send("wrap-up", self.client, form.action, sent, about={"call": call, "note": note})

    async def work(self, every: float = 1.0) -> None:
        """Accept offers, hold the calls and wrap them up, until cancelled. Reads the desk about ``every`` seconds."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.beat())
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await self._turn(await self.desk())
                await asyncio.sleep(every * self.rng.uniform(0.7, 1.3))

    async def _turn(self, desk: Desk) -> None:
        wrap_up, offer = desk.form("/wrap-up"), desk.offer
        if wrap_up is not None:
            await self.wrap_up(wrap_up)
        elif desk.calls:
            call, joined, address = desk.calls[0]
            if not joined:
                await press_join(self.ledger, self.client, address, "agent")
            elif desk.talking and (form := desk.form("/end")) is not None:
                await asyncio.sleep(self.rng.uniform(0.5, 2))
                await self.end(call, form)
        elif offer is not None:
            await asyncio.sleep(self.rng.uniform(0.1, 1))
            await self.accept(offer)
        elif desk.absent is not None:
            await self.be_available()


async def until_offered(agents: list[Agent], within: float = 30) -> tuple[Agent, Offer]:
    """Wait until one of these agents is offered a call; returns the agent and the offer."""
    deadline = time.monotonic() + within
    while True:
        for agent in agents:
            if (offer := (await agent.desk()).offer) is not None:
                return agent, offer
        assert time.monotonic() < deadline, f"no offer within {within} s"
        await asyncio.sleep(0.1)

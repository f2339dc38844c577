"""A letter before it has a form: its sentences, its one link, its calendar entry."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.ids import Tokens
from domain.letter import Incomplete, LetterFacts


@dataclass(frozen=True)
class Button:
    label: str
    """A verb and what it does."""
    address: str


@dataclass(frozen=True)
class Letter:
    subject: str
    greeting: str
    lines: tuple[str, ...]
    """Paragraphs before the button."""
    button: Button | None = None
    after: tuple[str, ...] = ()
    """Paragraphs after it."""
    calendar: str = ""
    """``REQUEST`` or ``CANCEL`` where an entry for the customer's calendar goes along."""


@dataclass(frozen=True)
class Addresses:
    """The addresses that letters give. Their tokens are derived anew each time and never stored."""

    base: str
    """The public address, without a slash at its end."""
    tokens: Tokens

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or "localhost"

    def customer_page(self, facts: LetterFacts) -> str:
        """Where the customer books, and later sees, moves and cancels the call, and waits for it."""
        if facts.link is None:
            raise Incomplete("customer link")
        return f"{self.base}/c/{self.tokens.customer_link(facts.escalation_id, facts.link.nth)}"

    def customer_join(self, facts: LetterFacts) -> str:
        return f"{self.base}/join/{self.tokens.customer_join(_call(facts))}"

    def agent_join(self, facts: LetterFacts) -> str:
        """The agent's own join link, or the desk while no accepted offer is known."""
        if facts.agent is None or facts.agent.offer is None:
            return f"{self.base}/desk"
        return f"{self.base}/join/{self.tokens.agent_join(_call(facts), facts.agent.offer)}"

    def survey(self, facts: LetterFacts) -> str:
        return f"{self.base}/rate/{self.tokens.survey(_call(facts))}"

    def story(self, facts: LetterFacts) -> str:
        """The escalation in support ops' pages."""
        return f"{self.base}/ops/{facts.escalation_id}"


def _call(facts: LetterFacts) -> str:
    if not facts.call_id:
        raise Incomplete("call")
    return facts.call_id

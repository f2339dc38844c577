"""An unrendered letter: its sentences, its only link and its calendar entry."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.ids import Tokens
from domain.letter import Incomplete, LetterContext
from domain.rating import SCORES


@dataclass(frozen=True)
class Button:
    label: str
    """Begins with a verb that says what clicking does, or names one of several choices."""
    address: str


@dataclass(frozen=True)
class Letter:
    subject: str
    greeting: str
    lines: tuple[str, ...]
    """Paragraphs before the button."""
    choices: tuple[Button, ...] = ()
    """Links in one row, of which the reader follows one."""
    button: Button | None = None
    after: tuple[str, ...] = ()
    """Paragraphs after the button."""
    calendar: str = ""
    """``REQUEST`` or ``CANCEL`` to attach an entry for the customer's calendar; otherwise empty."""


@dataclass(frozen=True)
class Addresses:
    """The addresses used in letters. Their tokens are derived whenever they are needed, and never stored."""

    base: str
    """The public address, without a trailing slash."""
    tokens: Tokens

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or "localhost"

    def customer_page(self, context: LetterContext) -> str:
        """The customer's page: for booking; for viewing, moving and cancelling the call; and as a waiting room."""
        if context.link is None:
            raise Incomplete("customer link")
        return f"{self.base}/c/{self.tokens.customer_link(context.escalation_id, context.link.nth)}"

    def customer_join(self, context: LetterContext) -> str:
        return f"{self.base}/join/{self.tokens.customer_join(_call(context))}"

    def agent_join(self, context: LetterContext) -> str:
        """The agent's own join link, or the desk if the context has no accepted offer."""
        if context.agent is None or context.agent.offer is None:
            return f"{self.base}/desk"
        return f"{self.base}/join/{self.tokens.agent_join(_call(context), context.agent.offer)}"

    def survey(self, context: LetterContext) -> str:
        return f"{self.base}/rate/{self.tokens.survey(_call(context))}"

    def survey_choices(self, context: LetterContext) -> tuple[Button, ...]:
        """A link for each score: it opens the survey with this score chosen, and saves nothing."""
        address = self.survey(context)
        return tuple(Button(f"{score}, {words}", f"{address}?score={score}") for score, words in SCORES.items())

    def story(self, context: LetterContext) -> str:
        """The support-ops page about the escalation."""
        return f"{self.base}/ops/{context.escalation_id}"


def _call(context: LetterContext) -> str:
    if not context.call_id:
        raise Incomplete("call")
    return context.call_id

"""The fields of a webhook source's forms: which are right, and what to say of those that aren't."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from domain.failure import Failure
from domain.tickets.reference import account_of

SHORTEST_SECRET, LONGEST_SECRET = 16, 200
LONGEST_WORDS = 4000
SECRET_WRONG = (
    f"A signing secret has {SHORTEST_SECRET} to {LONGEST_SECRET} characters. Zendesk shows it beside its webhook."
)
ACCOUNT_WRONG = "An account is the address of your help desk, such as harbor.zendesk.com."


def is_secret(typed: str) -> bool:
    return SHORTEST_SECRET <= len(typed) <= LONGEST_SECRET


def account_host(typed: str) -> str | None:
    """The account's host; empty if none was typed, None if it isn't one."""
    host = account_of(typed if "://" in typed else f"https://{typed}") if typed else ""
    return host if "." in host or not typed else None


@dataclass
class WordsUnfit(Failure):
    """What was typed as words isn't pairs, or none of Muster's words."""

    reason: str
    status = 422
    title = "These words can't be read"

    @property
    def detail(self) -> str:
        return self.reason


def read_words(typed: str, known: Collection[str]) -> dict[str, str]:
    """The account's words, in small letters, with Muster's. Raises ``WordsUnfit``.

    Without known words, any are right.
    """
    read: dict[str, str] = {}
    for line in filter(str.strip, typed.splitlines()):
        own, _, meant = (part.strip() for part in line.casefold().partition("="))
        if not own or not meant:
            raise WordsUnfit("Write one pair per line, such as “gelöst = solved”.")
        if known and meant not in known:
            raise WordsUnfit(f"“{meant}” is none of Muster’s words: {', '.join(known)}.")
        read[own] = meant
    return read


def words_text(words: Mapping[str, str]) -> str:
    """The words as a person types them."""
    return "\n".join(f"{own} = {known}" for own, known in words.items())

"""The base class of every failure that is shown to a person. Each failure is defined beside its capability."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Failure(Exception):
    """An expected error, with a sentence that tells the user what to do. Subclasses carry their data as fields.

    ``title`` may be shown to the user. The HTTP status is known only to the web code.
    """

    title = "That can't be done now"

    @property
    def detail(self) -> str:
        """One sentence: what is wrong, and what to do next."""
        return self.title

    def __str__(self) -> str:
        return self.detail


@dataclass
class Busy(Failure):
    """Other transactions were changing the same rows, so this one was rolled back; nothing was done."""

    title = "Others are changing the same right now"

    @property
    def detail(self) -> str:
        return "Others are changing the same right now, so nothing was done. Please try again in a moment."


@dataclass
class Overloaded(Failure):
    """More requests are under way than can be answered in time, so this one wasn't begun."""

    title = "We are very busy right now"

    @property
    def detail(self) -> str:
        return "Nothing was changed. Please try again in a few seconds."


@dataclass
class Unreachable(Failure):
    """A service that this request needs isn't answering. The request may have been carried out; sending it again is
    safe.
    """

    part: str

    title = "Something we need does not answer right now"

    @property
    def detail(self) -> str:
        return f"{self.part} does not answer right now. Please try again in a few seconds: asking twice does no harm."

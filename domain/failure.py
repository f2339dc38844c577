"""The base of every refusal that a person is told about. Each one stands beside its capability."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Failure(Exception):
    """Something was refused, for a reason the reader can act on. Subclasses carry their facts as fields.

    ``title`` is fit to be shown to whoever asked. What HTTP calls it is known to the web alone.
    """

    title = "That can't be done now"

    @property
    def detail(self) -> str:
        """One sentence: what is wrong and what the way on is."""
        return self.title

    def __str__(self) -> str:
        return self.detail


@dataclass
class Busy(Failure):
    """Others were changing the same rows, and this gave way to them: nothing of it was done."""

    title = "Others are changing the same right now"

    @property
    def detail(self) -> str:
        return "Others are changing the same right now, so nothing was done. Please try again in a moment."


@dataclass
class Unreachable(Failure):
    """A part that this needs does not answer. Whether it was done is not known; sending it again is safe."""

    part: str

    title = "Something we need does not answer right now"

    @property
    def detail(self) -> str:
        return f"{self.part} does not answer right now. Please try again in a few seconds: asking twice does no harm."

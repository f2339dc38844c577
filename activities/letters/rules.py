"""The letter to an agent about new rules."""

from __future__ import annotations

from activities.letters.letter import Addresses, Button, Letter
from domain.letter import Incomplete, LetterContext


def rules_changed(context: LetterContext, addresses: Addresses) -> Letter:
    news = context.rules
    if news is None:
        raise Incomplete("rules")
    why = f"The reason given: “{news.reason}”." if news.reason else "No reason was given."
    return Letter(
        subject="New rules: what changes for you",
        greeting="Hello,",
        lines=(
            f"Version {news.number} of the rules, by {news.author}, now applies to {news.share}. "
            "It decides tickets that are escalated from now on.",
            why,
            *news.lines,
        ),
        button=Button("Go to your desk", f"{addresses.base}/desk"),
    )

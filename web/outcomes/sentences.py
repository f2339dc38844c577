"""Six figures, each in a sentence with its unit and period, next to the previous period's figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from database.stores.queries.outcomes import Measures, NotServed
from web.wording.times import length

FEWEST = 5
"""A bar stands for at least this many ratings: a mean of fewer says more about chance than about a team or person."""


@dataclass(frozen=True)
class Sum:
    title: str
    number: str
    sentence: str
    neighbour: str
    """The previous period's figure."""


@dataclass(frozen=True)
class ReportPeriods:
    """The current period and the previous one, of equal length."""

    days: int
    now: Measures
    before: Measures
    lost_now: NotServed
    lost_before: NotServed


def six(spans: ReportPeriods) -> list[Sum]:
    """The page's six figures, in order."""
    now, before, days = spans.now, spans.before, f"last {spans.days} days"
    return [
        Sum(
            "Rating",
            csat(now),
            f"out of 5 was the mean rating, from {count(now.ratings, 'rating')} in the {days}.",
            _earlier(before.csat, f"{csat(before)}, from {before.ratings}"),
        ),
        Sum(
            "Resolved",
            share(now.resolution),
            f"of {count(now.wrapped_up, 'wrapped-up call')} resolved the problem, in the {days}.",
            _earlier(before.resolution, f"{share(before.resolution)} of {before.wrapped_up}"),
        ),
        Sum(
            "Handle time",
            duration(now.handle_seconds),
            f"was the median time from joining until the call was wrapped up or closed, in the {days}.",
            _earlier(before.handle_seconds, duration(before.handle_seconds)),
        ),
        Sum(
            "Replies before the call",
            mean(now.replies),
            f"replies were on the ticket, on average, before it became a call, in the {days}.",
            _earlier(before.replies, mean(before.replies)),
        ),
        Sum(
            "Calls served",
            str(now.served),
            f"{'call' if now.served == 1 else 'calls'} took place, with both sides joined, in the {days}.",
            f"Before: {before.served}.",
        ),
        _lost(spans, days),
    ]


def _lost(spans: ReportPeriods, days: str) -> Sum:
    now, before = spans.lost_now, spans.lost_before
    both = now.nobody_available + now.customer_missed - now.escalations
    reasons = f"{now.nobody_available} with nobody available, {now.customer_missed} without the customer"
    replaced = f"{count(now.agents_replaced, 'agent')} did not join and {_were(now.agents_replaced)} replaced."
    return Sum(
        "Did not come about",
        str(now.escalations),
        f"{'escalation' if now.escalations == 1 else 'escalations'} had a call that did not come about in the {days}: "
        f"{reasons}{f' ({both} had both)' if both else ''}. Besides, {replaced}",
        f"Before: {before.escalations}.",
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _earlier(value: float | None, text: str) -> str:
    return "Before: nothing to compare with." if value is None else f"Before: {text}."


def rating_bar(measures: Measures) -> tuple[str, float | None, str]:
    """The row of a chart: a name, a value (None for no bar) and its figure. A mean of very few ratings gets no bar."""
    if measures.ratings < FEWEST:
        few = f"too few ratings ({measures.ratings})" if measures.ratings else "no ratings"
        return measures.name, None, few
    return measures.name, measures.csat, f"{csat(measures)} ({measures.ratings})"


def csat(measures: Measures) -> str:
    return mean(measures.csat)


def mean(value: float | None) -> str:
    return _or_dash(value, lambda number: f"{number:.1f}")


def share(value: float | None) -> str:
    return _or_dash(value, lambda number: f"{number:.0%}")


def duration(value: float | None) -> str:
    return _or_dash(value, length)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _or_dash(value: float | None, text: Callable[[float], str]) -> str:
    return "–" if value is None else text(value)

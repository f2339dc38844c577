"""A backtest in sentences and figures for managers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from database.stores.backtest.read import BacktestResult
from domain.backtest.history import ChangeKind, Load, PastMove
from rules_dsl.model.decision import CallKind

SHOWN = 12
"""How many moves are visible on the page without unfolding the rest."""
NOTICEABLE = 0.5
"""The smallest change in calls per week that is worth mentioning."""


@dataclass(frozen=True)
class LoadChange:
    """Calls and hours per week for one title or team, now and under the draft."""

    name: str
    calls: float
    hours: float
    new_calls: float
    new_hours: float

    @property
    def more(self) -> float:
        return self.new_calls - self.calls


@dataclass(frozen=True)
class RuleChange:
    rule: str
    whom: str
    steps: tuple[str, ...]
    count: int
    new_count: int


@dataclass(frozen=True)
class PastView:
    backtest: BacktestResult
    titles: tuple[LoadChange, ...]
    """Those with the most calls first."""
    teams: tuple[LoadChange, ...]
    rules: tuple[RuleChange, ...]

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        comparison = self.backtest.comparison
        if not comparison.escalations:
            return "Nothing was escalated in these weeks."
        total, elsewhere = comparison.escalations, comparison.changes.get(ChangeKind.ELSEWHERE, 0)
        if not elsewhere:
            if total == 1:
                return "The one escalation would have gone where it goes now."
            return f"Of {total:,} escalations, all would have gone where they go now."
        moved = "The one escalation" if total == 1 else f"Of {total:,} escalations, {elsewhere:,}"
        result = f"{moved} would have gone elsewhere"
        most = max(self.titles, key=lambda title: (round(abs(title.more), 6), title.more), default=None)
        if most is None or abs(most.more) < NOTICEABLE:
            return f"{result}; no title would have had noticeably more or fewer calls."
        return f"{result}; {most.name}: {_more(most.more)} a week."

    @property
    def others(self) -> tuple[str, ...]:
        """Everything else worth knowing, in sentences."""
        comparison = self.backtest.comparison
        later, manner = comparison.changes.get(ChangeKind.LATER, 0), comparison.changes.get(ChangeKind.MANNER, 0)
        refused = sum(move.count for move in comparison.moves if newly_refused(move))
        unmatched, nobody = comparison.after.unmatched, comparison.after.nobody - comparison.before.nobody
        sentences = [
            (refused, f"{refused:,} would have been refused a call that they got."),
            (unmatched, f"{unmatched:,} would have matched no rule."),
            (nobody > 0, f"{nobody:,} more would have found nobody on shift at any step."),
            (nobody < 0, f"{-nobody:,} fewer would have found nobody on shift at any step."),
            (later, f"For {later:,} more, the same people come first, but others come later or at another time."),
            (manner, f"For {manner:,} more, the same people are asked in another order or for another length."),
        ]
        return tuple(sentence for applies, sentence in sentences if applies)

    @property
    def unchanged(self) -> int:
        return self.backtest.comparison.changes.get(ChangeKind.NONE, 0)

    @property
    def elsewhere(self) -> tuple[PastMove, ...]:
        return tuple(move for move in self.backtest.comparison.moves if move.change is ChangeKind.ELSEWHERE)

    @property
    def slighter(self) -> tuple[PastMove, ...]:
        return tuple(move for move in self.backtest.comparison.moves if move.change is not ChangeKind.ELSEWHERE)

    @property
    def most(self) -> float:
        """How many calls per week the longest bar stands for."""
        return max((max(title.calls, title.new_calls) for title in self.titles), default=0.0)


def past_view(backtest: BacktestResult) -> PastView:
    before, after, weeks = backtest.comparison.before, backtest.comparison.after, Fraction(backtest.weeks or 1)
    return PastView(
        backtest,
        _changes(before.titles, after.titles, backtest.titles, weeks),
        _changes(before.teams, after.teams, backtest.teams, weeks),
        _rules(backtest),
    )


def newly_refused(move: PastMove) -> bool:
    return move.after.kind is CallKind.REFUSED and move.before.kind is not CallKind.REFUSED


def treatment_words(kind: CallKind | None, whom: str) -> str:
    """Such as ``team "Support"``, ``no call: Three written replies first.`` or ``no rule``."""
    match kind:
        case None:
            return "no rule"
        case CallKind.REFUSED:
            return f"no call: {whom}"
        case CallKind.BOOKING_ONLY:
            return f"booking only, {whom}"
        case CallKind.CALL:
            return whom


def _more(calls: float) -> str:
    number = f"{abs(calls):,.0f}" if abs(calls) >= 10 else f"{abs(calls):.1f}"
    return f"{number} {'more' if calls > 0 else 'fewer'} calls"


def _changes(
    before: tuple[Load, ...], after: tuple[Load, ...], names: Mapping[int, str], weeks: Fraction
) -> tuple[LoadChange, ...]:
    old, new = {load.id: load for load in before}, {load.id: load for load in after}
    changes = [
        LoadChange(names.get(key, f"no. {key}"), *_a_week(old.get(key), weeks), *_a_week(new.get(key), weeks))
        for key in old.keys() | new.keys()
    ]
    return tuple(sorted(changes, key=lambda change: (-max(change.calls, change.new_calls), change.name)))


def _a_week(load: Load | None, weeks: Fraction) -> tuple[float, float]:
    return (0.0, 0.0) if load is None else (float(load.calls / weeks), float(load.seconds / weeks / 3600))


def _rules(backtest: BacktestResult) -> tuple[RuleChange, ...]:
    """The rules in the draft's order, followed by those that it no longer has."""
    old = {rule.treatment.rule: rule for rule in backtest.comparison.before.rules}
    new = {rule.treatment.rule: rule for rule in backtest.comparison.after.rules}
    rows = [(rule, old.get(name), rule.count) for name, rule in new.items()]
    rows += [(rule, rule, 0) for name, rule in old.items() if name not in new]
    return tuple(
        RuleChange(
            rule.treatment.rule,
            treatment_words(rule.treatment.kind, rule.treatment.whom),
            rule.steps,
            before.count if before else 0,
            count,
        )
        for rule, before, count in rows
    )

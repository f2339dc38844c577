"""The plan: what the rules decided when an escalation was opened. It stays the same until the escalation ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.escalation import BookingOnly, CallRefused, Mode
from rules_dsl import pool, requirements_after
from rules_dsl.directory import Directory
from rules_dsl.model.decision import CallKind, Decision, SkillNeed, StepKind, Target

GIVE_UP_AFTER = 15 * 60
"""How many seconds a search continues after its last step, if the rules set no end."""


@dataclass(frozen=True)
class Plan:
    decision: Decision
    ruleset: str
    """The rules' version: a SHA-256 hash in hexadecimal."""
    made_at: datetime
    begins_at: int = 0
    """How many of the plan's steps count as taken when the search begins and when a seat is sold: 0, unless a manager
    has widened the pool for a booking at risk.
    """

    @property
    def gives_up_after(self) -> int:
        """Seconds from the start of the search until it gives up and the customer is told that nobody is available."""
        end = next((step.after for step in self.decision.steps if step.kind is StepKind.OFFER_BOOKING), None)
        if end is not None:
            return end
        last = max((step.after for step in self.decision.steps), default=0)
        return last + GIVE_UP_AFTER

    @property
    def pool_key(self) -> str:
        """The pool's key: equal for plans whose calls can be served by the same people."""
        targets, required = requirements_after(self.decision, self.begins_at)
        target_keys = sorted(f"{target.team}:{','.join(map(str, sorted(target.titles)))}" for target in targets)
        need_keys = sorted(f"{need.skill}/{need.level}/{need.language}" for need in required)
        return "|".join(target_keys) + "#" + "|".join(need_keys)

    @property
    def pool_text(self) -> str:
        """The pool in the words of the rules."""
        targets, required = requirements_after(self.decision, self.begins_at)
        words = " or ".join(target.text for target in targets)
        needs = ", ".join(map(_need_text, required))
        return f"{words} with {needs}" if needs else words

    def first_people(self, directory: Directory) -> tuple[int, ...]:
        """The people who may be asked when the search begins, and who can also be the witness for the call's seat."""
        return pool(self.decision, directory, 0, step=self.begins_at).members


def _need_text(need: SkillNeed) -> str:
    """The need as written in the rules, followed by the language's name if the need is for the customer's language."""
    return need.text if need.language is None else f"{need.text} ({need.language.capitalize()})"


def check_allows(plan: Plan, mode: Mode) -> None:
    """Raise ``CallRefused`` or ``BookingOnly`` if the plan doesn't allow an escalation in this mode."""
    if plan.decision.kind is CallKind.REFUSED:
        raise CallRefused(plan.decision.rule, plan.decision.refusal)
    if plan.decision.kind is CallKind.BOOKING_ONLY and mode is Mode.NOW:
        raise BookingOnly(plan.decision.rule)


def team_of(target: Target, directory: Directory) -> int | None:
    """The team in whose name the customer gets emails: the target's team, or else the one with the most people holding
    the target's titles.
    """
    if target.team is not None:
        return target.team
    teams = [person.team for person in directory.people if person.title in target.titles]
    return max(sorted(set(teams)), key=teams.count, default=None)

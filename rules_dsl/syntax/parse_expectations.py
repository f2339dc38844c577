"""Parses expectations: examples with their expected results, and claims about every escalation."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules_dsl.model.clock_words import day_number, minute_of_day
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.diagnostics import nearest
from rules_dsl.syntax.parse_actions import targets
from rules_dsl.syntax.tokens import TokenKind
from rules_dsl.syntax.tree import ExpectedOutcome, GivenFact
from rules_dsl.syntax.tree_actions import StepWord
from rules_dsl.syntax.tree_conditions import Phrase

_PLAIN = (
    "booking only",
    "no call",
    "a call",
    *(token.value for token in (StepWord.ALERT_LEAD, StepWord.ALERT_DUTY, StepWord.OFFER_BOOKING)),
)
_NAMED = ("rule", "team", "title")
_STARTS = ("given", "at", "then", "and", "after")


@dataclass
class ExpectationLines:
    """The lines of one expectation so far."""

    given: list[GivenFact] = field(default_factory=list)
    moment: tuple[int, int] | None = None
    outcomes: list[ExpectedOutcome] = field(default_factory=list)

    def read(self, cursor: Cursor) -> bool:
        """Parse one line; False if no expectation line begins with its first word. Raises ``BadLine``."""
        low = cursor.tokens[0].low
        if low not in _STARTS:
            return False
        cursor.index = 1
        if low == "given":
            cursor.example = "given priority urgent, product area billing"
            self.given.extend(_given(cursor))
        elif low == "at":
            cursor.example = "at Tue 10:00"
            self.moment = moment(cursor)
        elif low == "after":
            cursor.example = 'after 6 minutes also team "Support"'
            after = cursor.duration()
            also = cursor.take("also")
            self.outcomes.extend(outcome(cursor, after.seconds, also))
        else:
            cursor.example = 'then team "Support"'
            self.outcomes.extend(outcome(cursor, 0, cursor.take("also")))
        cursor.end()
        return True


def moment(cursor: Cursor) -> tuple[int, int]:
    """Weekday and minute of the day."""
    day = day_number(cursor.next_token("a day").text)
    if day is None:
        cursor.index -= 1
        cursor.refuse("R121", found=cursor.tokens[cursor.index].written, expected="a day such as Mon")
    return day, time_of_day(cursor)


def time_of_day(cursor: Cursor) -> int:
    minute = minute_of_day(cursor.next_token("a time of day").text)
    if minute is None:
        cursor.index -= 1
        cursor.refuse("R121", found=cursor.tokens[cursor.index].written, expected="a time of day such as 08:30")
    return minute


def _given(cursor: Cursor) -> list[GivenFact]:
    """Facts separated by commas. For tags, ``and`` doesn't end the fact: ``tags "safety" and "night"``."""
    found: list[GivenFact] = []
    while True:
        start = cursor.index
        while not cursor.done and cursor.tokens[cursor.index].kind is not TokenKind.COMMA:
            cursor.refuse_comma()
            cursor.index += 1
        if cursor.index == start:
            cursor.refuse_expected("a fact and its value")
        tokens = tuple(
            Phrase(cursor.tokens[at].text, cursor.place(at, at + 1), cursor.tokens[at].kind is TokenKind.NAME)
            for at in range(start, cursor.index)
        )
        found.append(GivenFact(tokens, cursor.since(start)))
        if not cursor.take(","):
            return found


def outcome(cursor: Cursor, after: int, also: bool) -> list[ExpectedOutcome]:
    """Expected outcomes, one per target: ``team "A", title "B"`` gives two."""
    start = cursor.index
    first = cursor.take("at", "first")
    negated = cursor.take("not")
    if first and not (cursor.sees("team") or cursor.sees("title")):
        cursor.refuse_expected("a team or a title")
    for plain in _PLAIN:
        if cursor.take(*plain.split()):
            return [ExpectedOutcome(plain, (), negated, also, after, cursor.text(start), cursor.since(start))]
    if cursor.take("rule"):
        negated = cursor.take("not") or negated
        names: tuple[Phrase, ...] = (cursor.name("a rule name"),)
        return [ExpectedOutcome("rule", names, negated, also, after, cursor.text(start), cursor.since(start))]
    if cursor.take("otherwise"):
        names = (Phrase("otherwise", cursor.since(cursor.index - 1)),)
        return [ExpectedOutcome("rule", names, negated, also, after, cursor.text(start), cursor.since(start))]
    if cursor.sees("team") or cursor.sees("title"):
        found: list[ExpectedOutcome] = []
        written = targets(cursor)
        first = cursor.take("at", "first") or first
        for target in written:
            text, at = target.text, target.at
            if target.team is not None:
                found.append(ExpectedOutcome("team", (target.team,), negated, also, after, text, at, first))
            if target.titles:
                found.append(ExpectedOutcome("title", target.titles, negated, also, after, text, at, first))
        return found
    if cursor.done:
        cursor.refuse_expected("an expected result")
    text = cursor.text(start, len(cursor.tokens))
    near = nearest(text, (*_PLAIN, *_NAMED))
    cursor.refuse("R125", cursor.place(start, len(cursor.tokens)), found=text, nearest=near)

"""A block while it is being parsed: which lines it may contain, and in what order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NoReturn

from rules_dsl.syntax import parse_actions, parse_settings
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.diagnostics import Diagnostic, nearest
from rules_dsl.syntax.parse_conditions import lead_of, when_sentence
from rules_dsl.syntax.parse_expectations import ExpectationLines
from rules_dsl.syntax.tokens import Line
from rules_dsl.syntax.tree import Block, BlockKind, DaySpan, Setting
from rules_dsl.syntax.tree_actions import ActionLine, on_line
from rules_dsl.syntax.tree_conditions import Lead, Phrase, Place, WhenLine, WhenSentence

_WITH_CONDITIONS = (BlockKind.DEFINE, BlockKind.RULE, BlockKind.NEVER)
_WITH_ACTIONS = (BlockKind.DEFAULT, BlockKind.RULE, BlockKind.OTHERWISE)
_WITH_OUTCOMES = (BlockKind.EXPECT, BlockKind.NEVER)
_EXPECTATION_STARTS = ("given", "at", "then", "after")


Sentence = WhenSentence | ActionLine
"""The content of a line, which may occur in many rules."""


@dataclass(slots=True)
class BlockDraft:
    """The part of a block that has been parsed so far."""

    kind: BlockKind
    at: Place
    name: Phrase | None = None
    when: list[WhenLine] = field(default_factory=list)
    actions: list[ActionLine] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    spans: list[DaySpan] = field(default_factory=list)
    zone: Phrase | None = None
    holidays: Phrase | None = None
    expectation: ExpectationLines | None = None
    """None until the first line of an expectation."""
    damaged: bool = False
    heading_error: Diagnostic | None = None

    def block(self) -> Block:
        block = Block(
            self.kind, self.at, self.name, tuple(self.when), tuple(self.actions), tuple(self.settings),
            tuple(self.spans), self.zone, self.holidays, damaged=self.damaged,
        )  # fmt: skip
        lines = self.expectation
        if lines is None:
            return block
        return replace(block, given=tuple(lines.given), moment=lines.moment, outcomes=tuple(lines.outcomes))

    def add(self, line: Line) -> Sentence | None:
        """Parse a line below the heading. Returns its sentence if ``repeat`` can reuse it. Raises ``BadLine``."""
        if self.kind in _WITH_OUTCOMES and self._expectation(Cursor(line)):
            return None
        if self.kind in _WITH_CONDITIONS:
            condition = self._when(line)
            if condition is not None:
                return condition
        if self.kind in _WITH_ACTIONS:
            action = parse_actions.action_sentence(line.text)
            if action is not None:
                self.actions.append(on_line(action, line.number))
                return action
        if self.kind in parse_settings.SENTENCES:
            setting = parse_settings.setting_line(Cursor(line), self.kind)
            if setting is not None:
                self.settings.append(setting)
                return None
        self._refuse(Cursor(line))

    def repeat(self, sentence: Sentence, number: int) -> bool:
        """Reuse an already parsed sentence as line ``number``; False if the line has to be parsed."""
        if not isinstance(sentence, WhenSentence):
            if self.kind in _WITH_ACTIONS:
                self.actions.append(on_line(sentence, number))
                return True
        elif self.kind is BlockKind.RULE:
            when = self.when
            continues = sentence.lead is Lead.AND and when and when[-1].lead is not Lead.UNLESS and not self.actions
            if continues or self._misplaced(sentence.lead) is None:
                when.append(WhenLine(sentence, number))
                return True
        return False

    def _expectation(self, cursor: Cursor) -> bool:
        lines = self.expectation = self.expectation or ExpectationLines()
        unfinished_when = self.kind is BlockKind.NEVER and not lines.outcomes
        if unfinished_when and cursor.sees("and"):
            return False
        return lines.read(cursor)

    def _when(self, line: Line) -> WhenSentence | None:
        lead = lead_of(line)
        if lead is None:
            return None
        code = self._misplaced(lead)
        if code is not None:
            cursor = Cursor(line)
            cursor.refuse(code, cursor.whole(), found=lead.value, rest=cursor.text(1, len(line.tokens)))
        sentence = when_sentence(line.text)
        self.when.append(WhenLine(sentence, line.number))
        return sentence

    def _misplaced(self, lead: Lead) -> str | None:
        """The diagnostic code for a condition line that can't appear here; None if it can."""
        continuing = lead is Lead.AND or lead is Lead.OR_WHEN
        if not self.when:
            if continuing and not self.damaged:
                return "R130"
        elif lead is Lead.WHEN:
            return "R132" if all(line.lead is Lead.UNLESS for line in self.when) else "R131"
        elif continuing and self.when[-1].lead is Lead.UNLESS:
            return "R132"
        return "R133" if self.actions else None

    def _refuse(self, cursor: Cursor) -> NoReturn:
        found = cursor.text(0, len(cursor.tokens))
        home = home_of(cursor.line, self.kind)
        if home is not None:
            cursor.refuse("R111", cursor.whole(), found=found, home=home, inside=self.kind.value)
        starts = self._starts()
        cursor.refuse(
            "R101", cursor.whole(), found=found, inside=self.kind.value, nearest=nearest(found, self._examples()),
            known=starts or None, childless=None if starts else self.kind.value,
        )  # fmt: skip

    def _examples(self) -> list[str]:
        examples = [sentence.example for sentence in parse_settings.SENTENCES.get(self.kind, ())]
        if self.kind in _WITH_ACTIONS:
            examples += [example for example, _ in parse_actions.SENTENCES.values()]
        return examples

    def _starts(self) -> str:
        starts: list[str] = []
        if self.kind in _WITH_CONDITIONS:
            starts += [lead.value for lead in Lead]
        if self.kind in _WITH_OUTCOMES:
            starts += _EXPECTATION_STARTS
        if self.kind in _WITH_ACTIONS:
            starts += [" ".join(tokens) for tokens in parse_actions.SENTENCES]
        starts += [
            sentence.pattern.split(" {")[0].split("|")[0] for sentence in parse_settings.SENTENCES.get(self.kind, ())
        ]
        return ", ".join(f"`{start}`" for start in dict.fromkeys(starts))


def home_of(line: Line, inside: BlockKind) -> str | None:
    """The block that a misplaced line belongs in; None if there is none."""
    cursor = Cursor(line)
    low = line.tokens[0].low
    if inside not in _WITH_ACTIONS and any(cursor.sees(*tokens) for tokens in parse_actions.SENTENCES):
        return "a rule"
    if inside not in _WITH_CONDITIONS and (low in ("when", "unless") or cursor.sees("or", "when")):
        return "a rule"
    if inside not in _WITH_OUTCOMES and low in _EXPECTATION_STARTS:
        return "an expectation"
    home = parse_settings.home_of(line)
    return f"the block `{home.value}`" if home is not None and home is not inside else None

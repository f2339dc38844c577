"""A block while it is being read: which lines may stand in it, and in what order."""

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
from rules_dsl.syntax.tree_actions import DoLine, on_line
from rules_dsl.syntax.tree_conditions import Lead, Phrase, Place, WhenLine, WhenSentence

_CONDITIONAL = (BlockKind.DEFINE, BlockKind.RULE, BlockKind.NEVER)
_DOING = (BlockKind.DEFAULT, BlockKind.RULE, BlockKind.OTHERWISE)
_EXPECTING = (BlockKind.EXPECT, BlockKind.NEVER)
_EXPECTATION_STARTS = ("given", "at", "then", "after")


Sentence = WhenSentence | DoLine
"""What may stand in many rules."""


@dataclass(slots=True)
class BlockDraft:
    """What was read of a block so far."""

    kind: BlockKind
    at: Place
    name: Phrase | None = None
    when: list[WhenLine] = field(default_factory=list)
    do: list[DoLine] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    spans: list[DaySpan] = field(default_factory=list)
    zone: Phrase | None = None
    holidays: Phrase | None = None
    expecting: ExpectationLines | None = None
    """None: no line of an expectation yet."""
    damaged: bool = False
    complaint: Diagnostic | None = None
    """What is wrong with the heading itself."""

    def block(self) -> Block:
        block = Block(
            self.kind, self.at, self.name, tuple(self.when), tuple(self.do), tuple(self.settings),
            tuple(self.spans), self.zone, self.holidays, damaged=self.damaged,
        )  # fmt: skip
        said = self.expecting
        if said is None:
            return block
        return replace(block, given=tuple(said.given), moment=said.moment, outcomes=tuple(said.outcomes))

    def add(self, line: Line) -> Sentence | None:
        """Takes a line that is no heading, and gives it back if ``again`` can take it. Raises ``BadLine``."""
        if self.kind in _EXPECTING and self._expectation(Cursor(line)):
            return None
        if self.kind in _CONDITIONAL:
            said = self._when(line)
            if said is not None:
                return said
        if self.kind in _DOING:
            done = parse_actions.do_sentence(line.text)
            if done is not None:
                self.do.append(on_line(done, line.number))
                return done
        if self.kind in parse_settings.SENTENCES:
            setting = parse_settings.setting_line(Cursor(line), self.kind)
            if setting is not None:
                self.settings.append(setting)
                return None
        self._refuse(Cursor(line))

    def again(self, said: Sentence, number: int) -> bool:
        """Takes a sentence as this line; False where the line itself has to be looked at."""
        if not isinstance(said, WhenSentence):
            if self.kind in _DOING:
                self.do.append(on_line(said, number))
                return True
        elif self.kind is BlockKind.RULE:
            when = self.when
            goes_on = said.lead is Lead.AND and when and when[-1].said.lead is not Lead.UNLESS and not self.do
            if goes_on or self._misplaced(said.lead) is None:
                when.append(WhenLine(said, number))
                return True
        return False

    def _expectation(self, cursor: Cursor) -> bool:
        said = self.expecting = self.expecting or ExpectationLines()
        unfinished_when = self.kind is BlockKind.NEVER and not said.outcomes
        if unfinished_when and cursor.sees("and"):
            return False
        return said.read(cursor)

    def _when(self, line: Line) -> WhenSentence | None:
        lead = lead_of(line)
        if lead is None:
            return None
        code = self._misplaced(lead)
        if code is not None:
            cursor = Cursor(line)
            cursor.refuse(code, cursor.whole(), found=lead.value, rest=cursor.text(1, len(line.tokens)))
        known = when_sentence(line.text)
        self.when.append(WhenLine(known, line.number))
        return known

    def _misplaced(self, lead: Lead) -> str | None:
        """The code of what is wrong with a condition line here."""
        going_on = lead is Lead.AND or lead is Lead.OR_WHEN
        if not self.when:
            if going_on and not self.damaged:
                return "R130"
        elif lead is Lead.WHEN:
            return "R131"
        elif going_on and self.when[-1].lead is Lead.UNLESS:
            return "R132"
        return "R133" if self.do else None

    def _refuse(self, cursor: Cursor) -> NoReturn:
        said = cursor.text(0, len(cursor.tokens))
        home = home_of(cursor.line, self.kind)
        if home is not None:
            cursor.refuse("R111", cursor.whole(), found=said, home=home, inside=self.kind.value)
        cursor.refuse(
            "R101", cursor.whole(), found=said, inside=self.kind.value,
            nearest=nearest(said, self._examples()), known=self._starts(),
        )  # fmt: skip

    def _examples(self) -> list[str]:
        found = [sentence.example for sentence in parse_settings.SENTENCES.get(self.kind, ())]
        if self.kind in _DOING:
            found += [example for example, _ in parse_actions.SENTENCES.values()]
        return found

    def _starts(self) -> str:
        found: list[str] = []
        if self.kind in _CONDITIONAL:
            found += [lead.value for lead in Lead]
        if self.kind in _EXPECTING:
            found += _EXPECTATION_STARTS
        if self.kind in _DOING:
            found += [" ".join(tokens) for tokens in parse_actions.SENTENCES]
        found += [
            sentence.pattern.split(" {")[0].split("|")[0] for sentence in parse_settings.SENTENCES.get(self.kind, ())
        ]
        return ", ".join(f"`{start}`" for start in dict.fromkeys(found)) or "nothing: the heading says it all"


def home_of(line: Line, inside: BlockKind) -> str | None:
    """The block where a line that is out of place would be right."""
    cursor = Cursor(line)
    low = line.tokens[0].low
    if inside not in _DOING and any(cursor.sees(*tokens) for tokens in parse_actions.SENTENCES):
        return "a rule"
    if inside not in _CONDITIONAL and (low in ("when", "unless") or cursor.sees("or", "when")):
        return "a rule"
    if inside not in _EXPECTING and low in _EXPECTATION_STARTS:
        return "an expectation"
    home = parse_settings.home_of(line)
    return f"the block `{home.value}`" if home is not None and home is not inside else None

"""What can be written at a place of a rules file: words of the language, names of the directory and of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rules_dsl.directory import Directory
from rules_dsl.editor import completion_sentences as sentences
from rules_dsl.editor.completion_grammar import ChoiceKind, Pattern, WantedPhrase, walk
from rules_dsl.editor.completion_names import KnownNames
from rules_dsl.editor.meanings import meaning
from rules_dsl.syntax.headings import open_block
from rules_dsl.syntax.parse_actions import SENTENCES as ACTIONS
from rules_dsl.syntax.tokens import Line, Token, TokenKind, read_lines
from rules_dsl.syntax.tree import BlockKind

_LINE_END = re.compile(r"\r\n|\n|\r")
_CLOSING = re.compile(r'[^"“”„\r\n]*["“”]')
_CONDITIONAL = (BlockKind.RULE, BlockKind.DEFINE, BlockKind.NEVER)
_DOING = (BlockKind.RULE, BlockKind.OTHERWISE, BlockKind.DEFAULT)
_FIRST_OF_ACTION = frozenset(tokens[0] for tokens in ACTIONS)


@dataclass(frozen=True)
class Completion:
    """Put ``insert`` in place of the characters from ``start`` to ``end``."""

    label: str
    insert: str
    start: int
    """Offsets into the text, in characters (code points)."""
    end: int
    kind: ChoiceKind
    detail: str = ""
    """In a few words: how many people have it, what a fact is; may be empty."""

    @property
    def info(self) -> str:
        """What a phrase of the language means, in a sentence or two; may be empty."""
        return meaning(self.label.strip(", ")) if self.kind == "keyword" else ""


def complete(text: str, offset: int, directory: Directory) -> tuple[Completion, ...]:
    """The likeliest first; empty in a comment, in free text, and where nothing known can follow. Never raises."""
    offset = max(0, min(offset, len(text)))
    lines = _LINE_END.split(text[:offset])
    line = next(read_lines(lines[-1]))
    if line.comment is not None or "\0" in line.text:
        return ()
    tokens, partial = _half_written(line)
    names = KnownNames(directory, text)
    wanted: list[WantedPhrase] = []
    for pattern in _patterns(names, lines[:-1]):
        walk(pattern, tokens, 0, wanted)
    if partial is not None and partial.kind is TokenKind.UNCLOSED:
        wanted = [one for one in wanted if one.quoted]
    fitting = [one for one in dict.fromkeys(wanted) if _fits(one, partial)]
    place = _CursorPlace(text, offset, line, tokens, partial)
    found = (place.completion(one) for one in _preferred(fitting, tokens, directory))
    return tuple(one for one in dict.fromkeys(found) if one.insert != text[one.start : one.end])


@dataclass(frozen=True)
class _CursorPlace:
    text: str
    offset: int
    line: Line
    tokens: tuple[Token, ...]
    partial: Token | None

    def completion(self, wanted: WantedPhrase) -> Completion:
        said = wanted.phrase
        insert = f'"{said.text}"' if wanted.quoted else said.text
        line_start = self.offset - len(self.line.text)
        start, end = self.offset, self.offset
        if wanted.start < len(self.tokens):
            start = line_start + self.tokens[wanted.start].column - 1
        elif self.partial is not None:
            start = line_start + self.partial.column - 1
        elif self.tokens and said.words[0] == ",":
            start = line_start + self.tokens[-1].column - 1 + self.tokens[-1].length
        elif self.line.text and not self.line.text[-1].isspace():
            insert = f" {insert}"
        if self.partial is not None and self.partial.kind is TokenKind.UNCLOSED:
            end += self._rest_of_name()
        return Completion(said.text, insert, start, end, said.kind, said.detail)

    def _rest_of_name(self) -> int:
        """Characters up to a closing quote that belongs to the name being written."""
        rest = _LINE_END.split(self.text[self.offset :], maxsplit=1)[0]
        closing = _CLOSING.match(rest)
        odd = sum(rest.count(quote) for quote in '"“”„') % 2
        return closing.end() if closing and odd else 0


def _half_written(line: Line) -> tuple[tuple[Token, ...], Token | None]:
    """The whole words of a line, and the one that the place stands at the end of."""
    tokens = line.tokens
    if tokens and tokens[-1].kind is TokenKind.UNCLOSED:
        return tokens[:-1], tokens[-1]
    if tokens and tokens[-1].kind is TokenKind.BARE and not line.text[-1].isspace():
        return tokens[:-1], tokens[-1]
    return tokens, None


def _fits(wanted: WantedPhrase, partial: Token | None) -> bool:
    if partial is None:
        return True
    if wanted.quoted:
        begun = partial.text.lstrip('"“”„').lower()
        whole = wanted.phrase.text.lower()
        return whole.startswith(begun) or any(token.startswith(begun) for token in whole.split())
    return wanted.phrase.words[wanted.taken].startswith(partial.low.replace("’", "'"))


def _preferred(wanted: list[WantedPhrase], tokens: tuple[Token, ...], directory: Directory) -> list[WantedPhrase]:
    """Titles that somebody in the team before them has come first."""
    team_word = next((at for at in range(len(tokens) - 1, 0, -1) if tokens[at - 1].low == "team"), None)
    if team_word is None or not any(one.phrase.kind == "title" for one in wanted):
        return wanted
    team = directory.team_named(tokens[team_word].text)
    here = {person.title for person in directory.people if team is not None and person.team == team.id}
    titles = {title.name for title in directory.titles if title.id in here}
    return sorted(wanted, key=lambda one: one.phrase.kind == "title" and one.phrase.text not in titles)


def _patterns(names: KnownNames, above: list[str]) -> tuple[Pattern, ...]:
    """The sentences of the block that a line stands in, then the headings."""
    body: list[Line] = []
    for raw in reversed(above):
        line = next(read_lines(raw))
        if not line.tokens:
            continue
        block = open_block(line, None)
        if block is not None:
            return (*_inside(names, block.kind, body), *sentences.headings(names))
        body.append(line)
    return sentences.headings(names)


def _inside(names: KnownNames, kind: BlockKind, body: list[Line]) -> tuple[Pattern, ...]:
    found: list[Pattern] = []
    begun = {line.tokens[0].low for line in body}
    if kind in _CONDITIONAL and not begun & _FIRST_OF_ACTION and "then" not in begun:
        if "when" not in begun:
            leads: tuple[str, ...] = ("when",)
        else:
            leads = ("unless",) if "unless" in begun else ("and", "or when", "unless")
        found.extend(sentences.conditions(names, *leads))
    if kind in _DOING:
        found.extend(sentences.action_sentences(names))
    if kind is BlockKind.EXPECT:
        found.extend(sentences.expectations(names))
    if kind in (BlockKind.EXPECT, BlockKind.NEVER):
        found.extend(sentences.outcomes(names))
    return (*found, *sentences.settings(names, kind))

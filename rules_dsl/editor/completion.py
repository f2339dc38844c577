"""Completion: what can come next in a rules file, based on the language, the directory and the file itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rules_dsl.directory import Directory
from rules_dsl.editor import completion_sentences as sentences
from rules_dsl.editor.completion_grammar import ChoiceKind, Pattern, PhraseCandidate, walk
from rules_dsl.editor.completion_names import KnownNames
from rules_dsl.editor.meanings import meaning
from rules_dsl.syntax.headings import open_block
from rules_dsl.syntax.parse_actions import SENTENCES as ACTIONS
from rules_dsl.syntax.tokens import Line, Token, TokenKind, read_lines
from rules_dsl.syntax.tree import BlockKind

_LINE_END = re.compile(r"\r\n|\n|\r")
_CLOSING = re.compile(r'[^"“”„\r\n]*["“”]')
_WITH_CONDITIONS = (BlockKind.RULE, BlockKind.DEFINE, BlockKind.NEVER)
_WITH_ACTIONS = (BlockKind.RULE, BlockKind.OTHERWISE, BlockKind.DEFAULT)
_FIRST_OF_ACTION = frozenset(tokens[0] for tokens in ACTIONS)


@dataclass(frozen=True)
class Completion:
    """A proposal to replace the characters from ``start`` to ``end`` with ``insert``."""

    label: str
    insert: str
    start: int
    """Offsets into the text, in characters (code points)."""
    end: int
    kind: ChoiceKind
    detail: str = ""
    """A few words, such as how many people have a skill, or a fact's type; may be empty."""

    @property
    def info(self) -> str:
        """The meaning of the phrase, in a sentence or two; may be empty."""
        return meaning(self.label.strip(", ")) if self.kind == "keyword" else ""


def complete(text: str, offset: int, directory: Directory) -> tuple[Completion, ...]:
    """Completions, most likely first; none in comments or free text, or if nothing known can follow. Never raises."""
    offset = max(0, min(offset, len(text)))
    lines = _LINE_END.split(text[:offset])
    line = next(read_lines(lines[-1]))
    if line.comment is not None or "\0" in line.text:
        return ()
    tokens, partial = _split_partial(line)
    names = KnownNames(directory, text)
    candidates: list[PhraseCandidate] = []
    for pattern in _patterns(names, lines[:-1]):
        walk(pattern, tokens, 0, candidates)
    if partial is not None and partial.kind is TokenKind.UNCLOSED:
        candidates = [one for one in candidates if one.quoted]
    matching = [one for one in dict.fromkeys(candidates) if _matches(one, partial)]
    place = _CursorPlace(text, offset, line, tokens, partial)
    completions = (place.completion(one) for one in _titles_of_team_first(matching, tokens, directory))
    return tuple(one for one in dict.fromkeys(completions) if one.insert != text[one.start : one.end])


@dataclass(frozen=True)
class _CursorPlace:
    text: str
    offset: int
    line: Line
    tokens: tuple[Token, ...]
    partial: Token | None

    def completion(self, candidate: PhraseCandidate) -> Completion:
        phrase = candidate.phrase
        insert = f'"{phrase.text}"' if candidate.quoted else phrase.text
        line_start = self.offset - len(self.line.text)
        start, end = self.offset, self.offset
        if candidate.start < len(self.tokens):
            start = line_start + self.tokens[candidate.start].column - 1
        elif self.partial is not None:
            start = line_start + self.partial.column - 1
        elif self.tokens and phrase.words[0] == ",":
            start = line_start + self.tokens[-1].column - 1 + self.tokens[-1].length
        elif self.line.text and not self.line.text[-1].isspace():
            insert = f" {insert}"
        if self.partial is not None and self.partial.kind is TokenKind.UNCLOSED:
            end += self._rest_of_name()
        return Completion(phrase.text, insert, start, end, phrase.kind, phrase.detail)

    def _rest_of_name(self) -> int:
        """Number of characters up to the closing quote of the name being written; 0 if it has none."""
        rest = _LINE_END.split(self.text[self.offset :], maxsplit=1)[0]
        closing = _CLOSING.match(rest)
        odd = sum(rest.count(quote) for quote in '"“”„') % 2
        return closing.end() if closing and odd else 0


def _split_partial(line: Line) -> tuple[tuple[Token, ...], Token | None]:
    """The complete tokens before the cursor, and the token that ends at the cursor, if any."""
    tokens = line.tokens
    if tokens and tokens[-1].kind is TokenKind.UNCLOSED:
        return tokens[:-1], tokens[-1]
    if tokens and tokens[-1].kind is TokenKind.BARE and not line.text[-1].isspace():
        return tokens[:-1], tokens[-1]
    return tokens, None


def _matches(candidate: PhraseCandidate, partial: Token | None) -> bool:
    if partial is None:
        return True
    if candidate.quoted:
        prefix = partial.text.lstrip('"“”„').lower()
        name = candidate.phrase.text.lower()
        return name.startswith(prefix) or any(word.startswith(prefix) for word in name.split())
    return candidate.phrase.words[candidate.matched].startswith(partial.low.replace("’", "'"))


def _titles_of_team_first(
    candidates: list[PhraseCandidate], tokens: tuple[Token, ...], directory: Directory
) -> list[PhraseCandidate]:
    """After a team, offer the titles of people in that team before all others."""
    team_word = next((at for at in range(len(tokens) - 1, 0, -1) if tokens[at - 1].low == "team"), None)
    if team_word is None or not any(one.phrase.kind == "title" for one in candidates):
        return candidates
    team = directory.team_named(tokens[team_word].text)
    here = {person.title for person in directory.people if team is not None and person.team == team.id}
    titles = {title.name for title in directory.titles if title.id in here}
    return sorted(candidates, key=lambda one: one.phrase.kind == "title" and one.phrase.text not in titles)


def _patterns(names: KnownNames, above: list[str]) -> tuple[Pattern, ...]:
    """The sentence patterns of the current block, then the heading patterns."""
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
    patterns: list[Pattern] = []
    first_words = {line.tokens[0].low for line in body}
    if kind in _WITH_CONDITIONS and not first_words & _FIRST_OF_ACTION and "then" not in first_words:
        if "when" not in first_words:
            leads: tuple[str, ...] = ("when",)
        else:
            leads = ("unless",) if "unless" in first_words else ("and", "or when", "unless")
        patterns.extend(sentences.conditions(names, *leads))
    if kind in _WITH_ACTIONS:
        patterns.extend(sentences.action_sentences(names))
    if kind is BlockKind.EXPECT:
        patterns.extend(sentences.expectations(names))
    if kind in (BlockKind.EXPECT, BlockKind.NEVER):
        patterns.extend(sentences.outcomes(names))
    return (*patterns, *sentences.settings(names, kind))

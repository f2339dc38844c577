"""Parses actions: the lines below ``by default``, ``rule`` and ``otherwise`` that aren't conditions."""

from __future__ import annotations

from collections.abc import Callable

from rules_dsl.model.decision import OrderKey
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.diagnostics import nearest
from rules_dsl.syntax.tokens import Line, cached_by_line, tokenize
from rules_dsl.syntax.tree_actions import (
    ActionLine,
    BookSlots,
    IfNobody,
    NoCall,
    Note,
    OfferBookingOnly,
    OrderBy,
    Prefer,
    Prepare,
    Require,
    SendTo,
    SkillKind,
    SkillPhrase,
    StepWord,
    TargetPhrase,
)
from rules_dsl.syntax.tree_conditions import Phrase

_KEYS = sorted(OrderKey, key=lambda key: -len(key.value))
_STEP_EXAMPLES = ('widen to team "Support"', "drop preferred skills", "alert the team lead", "offer booking")
_FIXED_STEPS = (
    StepWord.DROP_PREFERRED,
    StepWord.DROP_AREA_SKILL,
    StepWord.ALERT_LEAD,
    StepWord.ALERT_DUTY,
    StepWord.OFFER_BOOKING,
)


@cached_by_line
def action_sentence(raw: str) -> ActionLine | None:
    """Parse a line as an action; None if no action begins with its first words. Raises ``BadLine``.

    The positions in the result have line number 0, because the result is cached for all lines with this text.
    """
    cursor = Cursor(Line(0, tokenize(raw)[0], None, raw))
    if not cursor.sees_any(_FIRST_WORDS):
        return None
    for tokens, (example, read) in SENTENCES.items():
        if cursor.take(*tokens):
            cursor.example = example
            line = read(cursor)
            cursor.end()
            return line
    return None


def targets(cursor: Cursor) -> tuple[TargetPhrase, ...]:
    found = [_target(cursor)]
    while cursor.take(",", "or") or cursor.take(",") or cursor.take("or"):
        found.append(_target(cursor))
    return tuple(found)


def _target(cursor: Cursor) -> TargetPhrase:
    start = cursor.index
    if cursor.sees_name():
        bare = cursor.name("a team or a title")
        return TargetPhrase(None, (), bare, bare.written, bare.at)
    if cursor.take("team"):
        team = cursor.name("a team name")
        inside = cursor.sees(",", "title")
        if inside:
            cursor.index += 2
        titles = _titles(cursor) if inside else ()
        return TargetPhrase(team, titles, None, cursor.text(start), cursor.since(start))
    if cursor.take("title"):
        titles = _titles(cursor)
        return TargetPhrase(None, titles, None, cursor.text(start), cursor.since(start))
    if cursor.done:
        cursor.refuse_expected("a team or a title")
    cursor.refuse("R117", cursor.place(start, len(cursor.tokens)), found=cursor.text(start, len(cursor.tokens)))


def _titles(cursor: Cursor) -> tuple[Phrase, ...]:
    titles = [cursor.name("a title")]
    while cursor.sees("or") and cursor.index + 1 < len(cursor.tokens) and not cursor.tokens[cursor.index + 1].low:
        cursor.index += 1
        titles.append(cursor.name("a title"))
    return tuple(titles)


def _skill(cursor: Cursor) -> SkillPhrase:
    start = cursor.index
    name: Phrase | None = None
    if cursor.take("the", "customer's", "language") or cursor.take("the", "customer’s", "language"):
        kind = SkillKind.CUSTOMER_LANGUAGE
    elif cursor.take("skill", "of", "this", "product", "area"):
        kind = SkillKind.PRODUCT_AREA
    elif cursor.take("skill"):
        kind, name = SkillKind.NAMED, cursor.name("a skill name")
    elif cursor.done:
        cursor.refuse_expected("a skill")
    else:
        cursor.refuse("R126", cursor.place(start, len(cursor.tokens)), found=cursor.text(start, len(cursor.tokens)))
    text = cursor.text(start)
    level = cursor.count(1, 5) if cursor.take("at", "level") else 1
    return SkillPhrase(kind, name, level, text if level == 1 else f"{text} at level {level}", cursor.since(start))


def _send(cursor: Cursor) -> ActionLine:
    return SendTo(targets(cursor), cursor.whole())


def _require(cursor: Cursor) -> ActionLine:
    return Require(_skill(cursor), cursor.whole())


def _prefer(cursor: Cursor) -> ActionLine:
    skills = [_skill(cursor)]
    while cursor.take("or"):
        skills.append(_skill(cursor))
    return Prefer(tuple(skills), cursor.whole())


def _order(cursor: Cursor) -> ActionLine:
    keys = [_key(cursor)]
    while cursor.take(",", "then") or cursor.take(",") or cursor.take("then"):
        keys.append(_key(cursor))
    return OrderBy(tuple(keys), cursor.whole())


def _key(cursor: Cursor) -> Phrase:
    start = cursor.index
    for key in _KEYS:
        if cursor.take(*key.value.lower().split()):
            if cursor.done or cursor.sees(",") or cursor.sees("then"):
                return Phrase(key.value, cursor.since(start))
            cursor.index = start
    while not cursor.done and not cursor.sees(",") and not cursor.sees("then"):
        cursor.index += 1
    if cursor.index == start:
        cursor.refuse_expected("a sort key")
    found = cursor.text(start)
    near = nearest(found, [key.value for key in OrderKey])
    known = ", ".join(f"`{key.value}`" for key in OrderKey)
    cursor.refuse("R116", cursor.since(start), found=found, nearest=near, known=known)


def _if_nobody(cursor: Cursor) -> ActionLine:
    after = cursor.duration()
    cursor.need(",")
    start = cursor.index
    widened: tuple[TargetPhrase, ...] = ()
    skill: Phrase | None = None
    if cursor.take("widen", "to"):
        step, widened = StepWord.WIDEN, targets(cursor)
    elif (fixed := next((token for token in _FIXED_STEPS if cursor.take(*token.value.split())), None)) is not None:
        step = fixed
    elif cursor.take("drop", "skill"):
        step, skill = StepWord.DROP_SKILL, cursor.name("a skill name")
    else:
        if cursor.done:
            cursor.refuse_expected("a step")
        found = cursor.text(start, len(cursor.tokens))
        near = nearest(found, (*(token.value for token in StepWord), *_STEP_EXAMPLES))
        cursor.refuse("R115", cursor.place(start, len(cursor.tokens)), found=found, nearest=near)
    return IfNobody(after, step, widened, skill, cursor.text(start), cursor.whole())


def _booking_only(cursor: Cursor) -> ActionLine:
    return OfferBookingOnly(cursor.whole())


def _no_call(cursor: Cursor) -> ActionLine:
    cursor.take(",")
    cursor.need("say")
    return NoCall(cursor.name("the text for the agent"), cursor.whole())


def _book_slots(cursor: Cursor) -> ActionLine:
    return BookSlots(cursor.duration(), cursor.whole())


def _prepare(cursor: Cursor) -> ActionLine:
    before = cursor.duration()
    cursor.need("before")
    return Prepare(before, cursor.whole())


def _note(cursor: Cursor) -> ActionLine:
    return Note(cursor.name("the text of the note"), cursor.whole())


SENTENCES: dict[tuple[str, ...], tuple[str, Callable[[Cursor], ActionLine]]] = {
    ("send", "to"): ('send to team "Support"', _send),
    ("require",): ('require skill "diesel"', _require),
    ("prefer",): ("prefer the customer's language", _prefer),
    ("order", "by"): ("order by least busy, then longest idle", _order),
    ("if", "nobody", "in"): ('if nobody in 3 minutes, widen to team "Support"', _if_nobody),
    ("offer", "booking", "only"): ("offer booking only", _booking_only),
    ("no", "call"): ('no call, say "Please write to us first."', _no_call),
    ("book", "slots", "of"): ("book slots of 15 minutes", _book_slots),
    ("prepare",): ("prepare 5 minutes before", _prepare),
    ("note",): ('note "Somebody may be waiting."', _note),
}
"""Maps the first words of each sentence to an example line to copy and the parser for the rest of the line."""
_FIRST_WORDS = frozenset(tokens[0] for tokens in SENTENCES)

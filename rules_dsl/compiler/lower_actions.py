"""Lowers a rule's actions: resolves names, fills in defaults, checks the step order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.program import Rule, SkillReference, When
from rules_dsl.model import defaults
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.decision import CallKind, OrderKey, Step, StepKind, Target
from rules_dsl.syntax.tree import Block
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

PRODUCT_AREA = "product area"
LANGUAGE = "language"
_STEPS = {
    StepWord.WIDEN: StepKind.WIDEN,
    StepWord.DROP_SKILL: StepKind.DROP_SKILL,
    StepWord.DROP_AREA_SKILL: StepKind.DROP_SKILL,
    StepWord.DROP_PREFERRED: StepKind.DROP_PREFERRED,
    StepWord.ALERT_LEAD: StepKind.ALERT_LEAD,
    StepWord.ALERT_DUTY: StepKind.ALERT_DUTY,
    StepWord.OFFER_BOOKING: StepKind.OFFER_BOOKING,
}


def group_of(line: ActionLine) -> type[object]:
    """The group of an action. A rule's own lines in a group replace all defaults in that group."""
    return OfferBookingOnly if isinstance(line, NoCall) else type(line)


def with_defaults(own: Sequence[ActionLine], default: Sequence[ActionLine]) -> tuple[ActionLine, ...]:
    own_groups = {group_of(line) for line in own}
    return (*own, *(line for line in default if group_of(line) not in own_groups))


def check_lines(names: Names, lines: Sequence[ActionLine]) -> None:
    """Resolve the names in a block's own lines and check the order of its steps; report errors."""
    latest: IfNobody | None = None
    end: IfNobody | None = None
    for line in lines:
        names.line = line.at.line
        match line:
            case SendTo():
                lower_targets(names, line.targets)
            case Require():
                _skill_reference(names, line.skill)
            case Prefer():
                for skill in line.skills:
                    _skill_reference(names, skill)
            case OrderBy():
                _check_order(names, line)
            case IfNobody():
                _step(names, line)
                if end is not None:
                    names.report("R329", line.at, line=end.at.line)
                elif line.step is StepWord.OFFER_BOOKING:
                    end = line
                if line.after.working_days:
                    names.report("R320", line.after.at, found="if nobody in")
                elif latest is not None and line.after.seconds <= latest.after.seconds:
                    names.report("R304", line.after.at, before=format_duration(latest.after.seconds))
                latest = line
            case BookSlots() | Prepare():
                _check_length(names, line)


def _check_length(names: Names, line: BookSlots | Prepare) -> None:
    duration = line.length if isinstance(line, BookSlots) else line.before
    if duration.working_days:
        names.report("R320", duration.at, found="book slots of" if isinstance(line, BookSlots) else "prepare")
    elif isinstance(line, BookSlots) and not 1 <= duration.seconds <= 86400:
        names.report("R322", duration.at, slot=format_duration(duration.seconds), size=_size(duration.seconds))


def _size(seconds: int) -> str:
    return "long" if seconds else "short"


def _check_order(names: Names, line: OrderBy) -> None:
    seen: set[str] = set()
    for key in line.keys:
        if key.text in seen:
            names.report("R303", key.at, found=key.text, line=line.at.line)
        seen.add(key.text)
        if key.text == OrderKey.BEST_CSAT_HERE and names.directory.fact_named(PRODUCT_AREA) is None:
            names.report("R214", key.at, found=key.text)


def lower_rule(names: Names, name: str, block: Block, when: When, lines: Sequence[ActionLine]) -> Rule:
    """Build a rule from ``lines``: the block's own lines and the defaults.

    ``check_lines`` has already reported their errors, so ``names`` is a silent copy, and lines with errors are skipped.
    """
    kind, refusal = _kind(lines)
    order = tuple(OrderKey(key.text) for line in lines if isinstance(line, OrderBy) for key in line.keys)
    return Rule(
        name=name,
        line=block.at.line,
        when=when,
        kind=kind,
        refusal=refusal,
        targets=names.intern(
            tuple(target for line in lines if isinstance(line, SendTo) for target in lower_targets(names, line.targets))
        ),
        requires=names.intern(_skill_references(names, [line.skill for line in lines if isinstance(line, Require)])),
        prefers=names.intern(
            tuple(_skill_references(names, line.skills) for line in lines if isinstance(line, Prefer))
        ),
        order=names.intern(order) or defaults.ORDER,
        steps=names.intern(tuple(_step(names, line) for line in _taken(lines))),
        slot=next((line.length.seconds for line in lines if isinstance(line, BookSlots)), None),
        prepare=next((line.before.seconds for line in lines if isinstance(line, Prepare)), None),
        note="\n".join(line.text.text for line in lines if isinstance(line, Note)),
    )


def _taken(lines: Sequence[ActionLine]) -> Iterator[IfNobody]:
    """Yield the steps up to the first ``offer booking``, which ends the search."""
    for line in lines:
        if isinstance(line, IfNobody):
            yield line
            if line.step is StepWord.OFFER_BOOKING:
                return


def _kind(lines: Sequence[ActionLine]) -> tuple[CallKind, str]:
    for line in lines:
        if isinstance(line, NoCall):
            return CallKind.REFUSED, line.say.text
        if isinstance(line, OfferBookingOnly):
            return CallKind.BOOKING_ONLY, ""
    return CallKind.CALL, ""


def lower_targets(names: Names, phrases: tuple[TargetPhrase, ...]) -> tuple[Target, ...]:
    cached = names.targets.get(phrases)
    if cached is not None:
        return cached
    diagnostics_before = len(names.diagnostics)
    targets: list[Target] = []
    for phrase in phrases:
        if phrase.bare is not None:
            names.bare(phrase.bare)
            continue
        team = names.team(phrase.team) if phrase.team else None
        titles = tuple(found.id for title in phrase.titles if (found := names.title(title)) is not None)
        if (phrase.team is None or team) and len(titles) == len(phrase.titles):
            targets.append(Target(team.id if team else None, titles, phrase.text))
            _check_people(names, phrase, team.id if team else None)
    lowered = tuple(targets)
    if len(names.diagnostics) == diagnostics_before:
        names.targets[phrases] = lowered
    return lowered


def _check_people(names: Names, phrase: TargetPhrase, team: int | None) -> None:
    """Warn about a team without people, or a title that nobody (or nobody in the team) has."""
    people = [person for person in names.directory.people if team is None or person.team == team]
    if phrase.team and not people:
        names.report("R323", phrase.team.at, found=phrase.team.text)
        return
    titles = {person.title for person in people}
    known = ", ".join(f"`{title.name}`" for title in names.directory.titles if title.id in titles)
    for title_phrase in phrase.titles:
        title = names.directory.title_named(title_phrase.text)
        if title is None or title.id in titles:
            continue
        if phrase.team:
            names.report("R312", title_phrase.at, team=phrase.team.text, title=title.name, known=known)
        else:
            names.report("R313", title_phrase.at, found=f'the title "{title.name}"')


def _skill_references(names: Names, phrases: Iterable[SkillPhrase]) -> tuple[SkillReference, ...]:
    return tuple(reference for phrase in phrases if (reference := _skill_reference(names, phrase)) is not None)


def _skill_reference(names: Names, phrase: SkillPhrase) -> SkillReference | None:
    skill: int | None = None
    if phrase.kind is SkillKind.NAMED and phrase.name is not None:
        found = names.skill(phrase.name)
        if found is None:
            return None
        skill = found.id
        if not any(person.skills.get(skill, 0) >= phrase.level for person in names.directory.people):
            names.report("R313", phrase.at, found=phrase.text)
    if phrase.kind is SkillKind.PRODUCT_AREA:
        _check_product_area(names, phrase)
    if phrase.kind is SkillKind.CUSTOMER_LANGUAGE and names.directory.fact_named(LANGUAGE) is None:
        names.report("R219", phrase.at, found=phrase.text)
    return SkillReference(phrase.kind, skill, phrase.level, phrase.text)


def _check_product_area(names: Names, phrase: SkillPhrase | Phrase) -> None:
    fact = names.directory.fact_named(PRODUCT_AREA)
    if fact is None or not fact.values:
        names.report("R214", phrase.at, found="skill of this product area")
    elif not {value.lower() for value in fact.values} & {skill.name.lower() for skill in names.directory.skills}:
        names.report("R217", phrase.at, found="skill of this product area")


def _step(names: Names, line: IfNobody) -> Step:
    skill = names.skill(line.skill) if line.skill else None
    if line.step is StepWord.DROP_AREA_SKILL:
        _check_product_area(names, Phrase(line.text, line.at))
    return Step(
        line.after.seconds,
        _STEPS[line.step],
        lower_targets(names, line.targets),
        skill.id if skill else None,
        line.text,
    )

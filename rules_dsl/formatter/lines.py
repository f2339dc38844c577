"""Formats headings, actions, settings and expectations."""

from __future__ import annotations

from rules_dsl.formatter.conditions import (
    format_condition,
    format_duration_phrase,
    format_phrase,
    format_when,
    format_word,
    join_list,
)
from rules_dsl.model.clock_words import DAYS, day_number, minute_of_day
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.parse_settings import ALERTS, SENTENCES
from rules_dsl.syntax.tokens import Line, TokenKind
from rules_dsl.syntax.tree import Block, BlockKind, DaySpan, GivenFact, Setting
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
    SkillPhrase,
    StepWord,
    TargetPhrase,
)


def format_block(block: Block) -> dict[int, str]:
    """A block's formatted lines, keyed by line number, except those that ``format_expectation`` formats."""
    lines = {line.at.line: format_when(line) for line in block.when}
    lines |= {line.at.line: format_action(line) for line in block.actions}
    lines |= {setting.at.line: _setting(setting, block.kind) for setting in block.settings}
    given: dict[int, list[GivenFact]] = {}
    for given_fact in block.given:
        given.setdefault(given_fact.at.line, []).append(given_fact)
    for number, facts in given.items():
        lines[number] = "given " + ", ".join(" ".join(format_phrase(word) for word in fact.words) for fact in facts)
    return lines | {block.at.line: format_heading(block)}


def format_heading(block: Block) -> str:
    if block.kind is BlockKind.EVERY:
        return "expect every escalation finds a rule"
    heading: str = block.kind.value
    if block.name is None:
        return heading
    heading = f'{heading} "{block.name.text}"'
    if block.kind is not BlockKind.HOURS:
        return heading
    zone = f" in {format_word(block.zone)}" if block.zone else ""
    holidays = f", except holidays {format_phrase(block.holidays)}" if block.holidays else ""
    return f"{heading} are {' and '.join(_span(span) for span in block.spans)}{zone}{holidays}"


def _span(span: DaySpan) -> str:
    first, last = DAYS[span.days[0]], DAYS[span.days[-1]]
    days = first if len(span.days) == 1 else f"{first} to {last}"
    return f"{days} {_time(span.start)} to {_time(span.end)}"


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def format_expectation(line: Line) -> str:
    """An ``at``, ``then``, ``and`` or ``after`` line, in which all bare words are keywords."""
    tokens, first = line.tokens, line.tokens[0].low
    if first == "at":
        day, minute = day_number(tokens[1].text), minute_of_day(tokens[2].text)
        return f"at {DAYS[day or 0]} {_time(minute or 0)}"
    cursor = Cursor(line, 1)
    start = f"after {format_duration_phrase(cursor.duration())}" if first == "after" else first
    rest = (token.written if token.kind is TokenKind.NAME else token.low for token in tokens[cursor.index :])
    return f"{start} {' '.join(rest)}".replace(" ,", ",")


def format_action(line: ActionLine) -> str:
    match line:
        case SendTo(targets):
            return f"send to {_targets(targets)}"
        case Require(skill):
            return f"require {_skill(skill)}"
        case Prefer(skills):
            return f"prefer {' or '.join(_skill(skill) for skill in skills)}"
        case OrderBy(keys):
            return f"order by {', then '.join(key.text for key in keys)}"
        case IfNobody():
            return f"if nobody in {format_duration_phrase(line.after)}, {_step(line)}"
        case OfferBookingOnly():
            return "offer booking only"
        case NoCall(say):
            return f"no call, say {format_phrase(say)}"
        case BookSlots(length):
            return f"book slots of {format_duration_phrase(length)}"
        case Prepare(before):
            return f"prepare {format_duration_phrase(before)} before"
        case Note(text):
            return f"note {format_phrase(text)}"


def _step(line: IfNobody) -> str:
    if line.step is StepWord.WIDEN:
        return f"{line.step.value} {_targets(line.targets)}"
    return line.step.value if line.skill is None else f"{line.step.value} {format_phrase(line.skill)}"


def _skill(skill: SkillPhrase) -> str:
    name = skill.kind.value if skill.name is None else f"skill {format_phrase(skill.name)}"
    return name if skill.level == 1 else f"{name} at level {skill.level}"


def _targets(targets: tuple[TargetPhrase, ...]) -> str:
    """Join targets unambiguously: a comma before ``title`` would make it a title in that team, and an ``or`` before a
    bare name would make that name a title.
    """
    joined = _target(targets[0])
    for place, target in enumerate(targets[1:], 2):
        with_or = target.bare is None and (target.team is None or place == len(targets))
        joined += f"{' or' if with_or else ','} {_target(target)}"
    return joined


def _target(target: TargetPhrase) -> str:
    if target.bare is not None:
        return format_phrase(target.bare)
    titles = f"title {' or '.join(format_phrase(title) for title in target.titles)}" if target.titles else ""
    return ", ".join(part for part in (f"team {format_phrase(target.team)}" if target.team else "", titles) if part)


def _setting(setting: Setting, kind: BlockKind) -> str:
    sentence = next(sentence for sentence in SENTENCES[kind] if sentence.key == setting.key)
    return " ".join(_part(part, setting) for part in sentence.pattern.split()).replace('" ,', '",')


def _part(part: str, setting: Setting) -> str:
    match part:
        case "{count}" | "{score}":
            return str(setting.number)
        case "{percent}":
            return f"{setting.number}%"
        case "{duration}" | "{durations}":
            return join_list([format_duration_phrase(duration) for duration in setting.durations], "and")
        case "{name}" if setting.name:
            return format_phrase(setting.name)
        case "{word}" if setting.name:
            return format_word(setting.name)
        case "{condition}" if setting.condition:
            return format_condition(setting.condition)
        case "{alert}":
            return ALERTS[setting.number]
    plural, _, singular = part.partition("|")
    return singular if setting.number == 1 and plural.removesuffix("s") == singular else plural

"""Warns about lines that are correct, but hardly mean what their author expects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.model.amounts import format_duration
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile
from rules_dsl.syntax.tree_actions import ActionLine, IfNobody, NoCall, OfferBookingOnly, StepWord
from rules_dsl.syntax.tree_conditions import Condition, DefinedHolds, HoursHold

_ALERTS = (StepWord.ALERT_LEAD, StepWord.ALERT_DUTY)


def check_odd_lines(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Check steps and definitions. Only for files without errors."""
    default = _steps([line for block in tree.of(BlockKind.DEFAULT) for line in block.actions])
    for block in tree.blocks:
        if block.kind in (BlockKind.DEFAULT, BlockKind.RULE, BlockKind.OTHERWISE):
            own = _steps(block.actions)
            if not ruleset.calls.accept_automatically:
                _check_times(names, own, ruleset.calls.offer)
            _check_start(names, own)
            if block.kind is not BlockKind.DEFAULT:
                _check_lone_step(names, block, own, default)
    _check_unused(names, tree)


def _steps(lines: Sequence[ActionLine]) -> list[IfNobody]:
    return [line for line in lines if isinstance(line, IfNobody)]


def _check_start(names: Names, steps: list[IfNobody]) -> None:
    for line in steps:
        if line.after.seconds == 0:
            names.report("R337", line.after.at.on(line.at.line), found=line.text)


def _check_times(names: Names, steps: list[IfNobody], offer: int) -> None:
    """Report steps that change who is asked before the people asked first have had the time to answer."""
    start = 0
    for line in steps:
        if line.step in _ALERTS:
            continue
        if 0 < line.after.seconds - start < offer:
            lasts = format_duration(line.after.seconds - start)
            names.report("R334", line.after.at.on(line.at.line), offer=format_duration(offer), lasts=lasts)
        start = line.after.seconds


def _check_lone_step(names: Names, block: Block, own: list[IfNobody], default: list[IfNobody]) -> None:
    """Report a rule whose only step replaces the default steps. One that offers a booking is the end anyway."""
    if len(own) != 1 or own[0].step is StepWord.OFFER_BOOKING:
        return
    if any(isinstance(line, NoCall | OfferBookingOnly) for line in block.actions):
        return
    dropped = [line for line in default if line.text != own[0].text]
    if dropped:
        listed = ", ".join(f"`{line.text}`" for line in dropped)
        names.report(
            "R339", own[0].at, dropped=listed, again=f"if nobody in {dropped[-1].after.text}, {dropped[-1].text}"
        )


def _check_unused(names: Names, tree: RulesFile) -> None:
    conditions = [*_conditions(tree)]
    defined = {one.name.text for one in conditions if isinstance(one, DefinedHolds)}
    hours = {one.hours.text for one in conditions if isinstance(one, HoursHold)}
    hours |= {
        setting.name.text
        for block in tree.of(BlockKind.BOOKING)
        for setting in block.settings
        if setting.key == "hours" and setting.name is not None
    }
    for kind, used in ((BlockKind.DEFINE, defined), (BlockKind.HOURS, hours)):
        for block in tree.of(kind):
            if block.name is not None and block.name.text not in used:
                names.report("R338", block.name.at, found=f'{kind.value} "{block.name.text}"')


def _conditions(tree: RulesFile) -> Iterator[Condition]:
    for block in tree.blocks:
        yield from (line.condition for line in block.when if line.condition is not None)
        yield from (setting.condition for setting in block.settings if setting.condition is not None)

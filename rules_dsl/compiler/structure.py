"""Checks a file as a whole: that it has a fallback rule, that names are unique, and that rules are complete."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.compiler.lower_actions import group_of, with_defaults
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile
from rules_dsl.syntax.tree_actions import (
    ActionLine,
    BookSlots,
    IfNobody,
    NoCall,
    OfferBookingOnly,
    OrderBy,
    Prepare,
    Require,
    SendTo,
    SkillKind,
    StepWord,
)
from rules_dsl.syntax.tree_conditions import START

_ONCE = (
    BlockKind.HEAD, BlockKind.DEFAULT, BlockKind.OTHERWISE, BlockKind.LIMITS, BlockKind.BOOKING,
    BlockKind.CALLS, BlockKind.REMINDERS, BlockKind.FEEDBACK, BlockKind.LINKS,
)  # fmt: skip
_ONCE_A_RULE = (SendTo, OrderBy, OfferBookingOnly, BookSlots, Prepare)


def check_structure(names: Names, tree: RulesFile) -> None:
    _check_blocks(names, tree)
    _check_rule_names(names, tree)
    default = tuple(line for block in tree.of(BlockKind.DEFAULT) for line in block.actions)
    for block in tree.blocks:
        if block.kind in (BlockKind.RULE, BlockKind.OTHERWISE, BlockKind.DEFAULT):
            _check_repeats(names, block)
        if block.kind in (BlockKind.RULE, BlockKind.OTHERWISE):
            _check_rule(names, block, default)
    _check_after_otherwise(names, tree)


def _check_blocks(names: Names, tree: RulesFile) -> None:
    first = tree.blocks[0].at if tree.blocks else START
    if not tree.of(BlockKind.HEAD):
        names.report("R314", first, desk=names.directory.desk)
    for kind in _ONCE:
        blocks = tree.of(kind)
        for block in blocks[1:]:
            names.report("R303", block.at, found=kind.value, line=blocks[0].at.line)
    rules, fallback = tree.of(BlockKind.RULE), tree.of(BlockKind.OTHERWISE)
    if not rules and not fallback:
        names.report("R301", first)


def _check_rule_names(names: Names, tree: RulesFile) -> None:
    for kind in (BlockKind.RULE, BlockKind.EXPECT, BlockKind.NEVER):
        seen: dict[str, int] = {}
        for block in tree.of(kind):
            if block.name is None:
                continue
            if block.name.text in seen and kind is BlockKind.RULE:
                names.report("R302", block.name.at, found=block.name.text, line=seen[block.name.text])
            seen.setdefault(block.name.text, block.at.line)


def _quoted(block: Block) -> str:
    return f'the rule "{block.name.text}"' if block.name else f"`{block.kind.value}`"


def _check_rule(names: Names, block: Block, default: Sequence[ActionLine]) -> None:
    if block.damaged:
        return
    at = block.name.at if block.name else block.at
    lines = with_defaults(block.actions, default)
    if block.kind is BlockKind.RULE and not block.when:
        names.report("R306", at, rule=_quoted(block))
    if not any(isinstance(line, SendTo | NoCall) for line in lines):
        names.report("R305", at, rule=_quoted(block))
    required = {line.skill.name.text for line in lines if isinstance(line, Require) and line.skill.name}
    area = any(isinstance(line, Require) and line.skill.kind is SkillKind.PRODUCT_AREA for line in lines)
    for line in block.actions:
        if isinstance(line, IfNobody) and (
            (line.skill and line.skill.text not in required) or (line.step is StepWord.DROP_AREA_SKILL and not area)
        ):
            names.report("R316", line.at)


def _check_repeats(names: Names, block: Block) -> None:
    first: dict[type[object], ActionLine] = {}
    for line in block.actions:
        group = group_of(line)
        before = first.setdefault(group, line)
        if before is line or group not in _ONCE_A_RULE:
            continue
        if type(before) is type(line):
            names.report("R315", line.at, found=_named(line), rule=_quoted(block), line=before.at.line)
        else:
            names.report("R310", line.at, found=_named(line), other=_named(before), line=before.at.line)
    refusal = next((line for line in block.actions if isinstance(line, NoCall)), None)
    send = next((line for line in block.actions if isinstance(line, SendTo)), None)
    if refusal and send:
        names.report("R310", refusal.at, found="no call", other="send to", line=send.at.line)


def _named(line: ActionLine) -> str:
    names: dict[type[object], str] = {
        SendTo: "send to", OrderBy: "order by", OfferBookingOnly: "offer booking only", NoCall: "no call",
        BookSlots: "book slots of", Prepare: "prepare",
    }  # fmt: skip
    return names.get(type(line), "this line")


def _check_after_otherwise(names: Names, tree: RulesFile) -> None:
    """Report rules below ``otherwise``. Finding other unreachable rules requires a proof."""
    fallback = next(iter(tree.of(BlockKind.OTHERWISE)), None)
    for block in tree.of(BlockKind.RULE):
        if fallback is not None and block.at.line > fallback.at.line:
            names.report("R311", block.name.at if block.name else block.at)

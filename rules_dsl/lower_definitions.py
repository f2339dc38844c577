"""``define`` blocks, each after those it names, so that a circle is found and told."""

from __future__ import annotations

from rules_dsl.compiled import IsDefined
from rules_dsl.lower_conditions import lower_when
from rules_dsl.naming import Names
from rules_dsl.tree import Block, BlockKind, RulesFile
from rules_dsl.tree_conditions import DefinedHolds


def lower_definitions(names: Names, tree: RulesFile) -> None:
    """Fills ``names.defined``; None stands for a definition that is wrong."""
    blocks: dict[str, Block] = {}
    for block in tree.of(BlockKind.DEFINE):
        if block.name is None:
            continue
        if block.name.text in blocks:
            first = blocks[block.name.text].at.line
            names.report("R303", block.name.at, found=f'define "{block.name.text}"', line=first)
        else:
            blocks[block.name.text] = block
    names.defined.update(dict.fromkeys(blocks))
    order = _in_order(names, blocks)
    for name in order:
        block = blocks[name]
        when = lower_when(names, block.when)
        if not block.when and not block.damaged:
            names.report("R318", block.at, name=f'define "{name}"')
        elif when is not None:
            names.defined[name] = IsDefined(name, when)


def _uses(block: Block) -> list[str]:
    return [line.condition.name.text for line in block.when if isinstance(line.condition, DefinedHolds)]


def _in_order(names: Names, blocks: dict[str, Block]) -> list[str]:
    """Names whose definitions come first; a circle is reported once, and none of its names is compiled."""
    order: list[str] = []
    state: dict[str, str] = {}
    for start in blocks:
        path = [start] if start not in state else []
        while path:
            name = path[-1]
            state.setdefault(name, "open")
            ahead = next((used for used in _uses(blocks[name]) if used in blocks and used not in state), None)
            if ahead is not None:
                path.append(ahead)
                continue
            circle = next((used for used in _uses(blocks[name]) if state.get(used) == "open"), None)
            if circle is not None and circle in path:
                around = [*path[path.index(circle) :], circle]
                told = ", ".join(f'"{one}"' for one in around)
                phrase = blocks[circle].name
                names.report("R309", phrase.at if phrase else None, found=f'"{circle}"', circle=told)
                state[name] = "broken"
            elif any(state.get(used) == "broken" for used in _uses(blocks[name])):
                state[name] = "broken"
            else:
                state[name] = "done"
                order.append(name)
            path.pop()
    return order

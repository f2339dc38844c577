"""Lowers ``define`` blocks in dependency order, which also reveals circular ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules_dsl.compiler.lower_conditions import lower_when
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.program import IsDefined
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile
from rules_dsl.syntax.tree_conditions import DefinedHolds

DEEPEST = 10
LARGEST = 500
"""Maximum number of lines in a definition, including those of the definitions that it uses."""
_SHOWN = 10
"""Maximum number of names shown per cycle."""


def lower_definitions(names: Names, tree: RulesFile) -> None:
    """Fill ``names.defined``, with None for each definition that has an error."""
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


@dataclass
class _Sizes:
    """The depth and length of each definition, including those that it uses; limited to keep decisions fast."""

    deep: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, own: int, uses: list[str]) -> bool:
        self.deep[name] = 1 + max((self.deep[used] for used in uses), default=0)
        self.lines[name] = own + sum(self.lines[used] for used in uses)
        return self.deep[name] <= DEEPEST and self.lines[name] <= LARGEST


def _uses(block: Block) -> list[str]:
    return [line.condition.name.text for line in block.when if isinstance(line.condition, DefinedHolds)]


def _in_order(names: Names, blocks: dict[str, Block]) -> list[str]:
    """Names in dependency order. Reports each cycle once; no name in a cycle is compiled."""
    order: list[str] = []
    state: dict[str, str] = {}
    sizes = _Sizes()
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
                shown = around if len(around) <= _SHOWN else [*around[: _SHOWN - 2], "…", circle]
                cycle = ", ".join(one if one == "…" else f'"{one}"' for one in shown)
                phrase = blocks[circle].name
                names.report("R309", phrase.at if phrase else blocks[circle].at, found=f'"{circle}"', circle=cycle)
                state[name] = "broken"
            elif any(state.get(used) == "broken" for used in _uses(blocks[name])):
                state[name] = "broken"
            elif not sizes.add(name, len(blocks[name].when), [used for used in _uses(blocks[name]) if used in blocks]):
                phrase = blocks[name].name
                names.report(
                    "R319", phrase.at if phrase else blocks[name].at, found=f'"{name}"', deep=DEEPEST, most=LARGEST
                )
                state[name] = "broken"
            else:
                state[name] = "done"
                order.append(name)
            path.pop()
    return order

"""`muster rules fmt`: files in their canonical form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from cli.options import FILE, json_option
from cli.rules.inputs import ERRORS, diagnostic_json, echo_json, read_text
from rules_dsl import RulesRefused, format_rules, render


@click.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; end with 1 where a file would change.")
@json_option
def fmt(files: tuple[Path, ...], only_check: bool, as_json: bool) -> None:
    """Write FILES in their canonical form. Names are not looked up, so no directory is needed.

    Ends with 0, with 1 under --check where a file would change, with 2 where a line is not understood:
    that file stays as it is.
    """
    told = [_formatted(file, only_check) for file in files]
    if as_json:
        echo_json(
            [{**one, "messages": [diagnostic_json(diagnostic) for diagnostic in one["messages"]]} for one in told]
        )
    else:
        for file, one in zip(files, told, strict=True):
            text = read_text(file) if one["messages"] else ""
            for diagnostic in one["messages"]:
                click.echo(render(diagnostic, text, file.name))
            if one["changed"]:
                click.echo(f"{file}: {'would change' if only_check else 'formatted'}")
    if any(one["messages"] for one in told):
        sys.exit(ERRORS)
    sys.exit(int(only_check and any(one["changed"] for one in told)))


def _formatted(file: Path, only_check: bool) -> dict[str, Any]:
    """Bytes are compared, so that line ends count, and a file that is no UTF-8 is never rewritten."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise click.ClickException(f"{file} is not UTF-8: {wrong.reason} at byte {wrong.start}") from None
    try:
        formatted = format_rules(text).encode("utf-8")
    except RulesRefused as refused:
        return {"file": str(file), "changed": False, "messages": refused.diagnostics}
    changed = formatted != content
    if changed and not only_check:
        file.write_bytes(formatted)
    return {"file": str(file), "changed": changed, "messages": ()}

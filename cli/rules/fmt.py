"""`muster rules fmt`: formats rules files."""

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
@click.option("--check", "only_check", is_flag=True, help="Write nothing; end with 1 if a file would change.")
@json_option
def fmt(files: tuple[Path, ...], only_check: bool, as_json: bool) -> None:
    """Rewrite FILES in canonical form. Names are not resolved, so no directory is needed.

    Exit code: 2 if a line is not understood (that file is left unchanged), 1 if --check is given and a file would
    change, otherwise 0.
    """
    results = [_formatted(file, only_check) for file in files]
    if as_json:
        echo_json(
            [{**one, "messages": [diagnostic_json(diagnostic) for diagnostic in one["messages"]]} for one in results]
        )
    else:
        for file, one in zip(files, results, strict=True):
            text = read_text(file) if one["messages"] else ""
            for diagnostic in one["messages"]:
                click.echo(render(diagnostic, text, file.name))
            if one["changed"]:
                click.echo(f"{file}: {'would change' if only_check else 'formatted'}")
    if any(one["messages"] for one in results):
        sys.exit(ERRORS)
    sys.exit(int(only_check and any(one["changed"] for one in results)))


def _formatted(file: Path, only_check: bool) -> dict[str, Any]:
    """Format one file. A change of line endings counts as a change. A file that isn't UTF-8 is never rewritten."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        formatted = format_rules(text).encode("utf-8")
    except RulesRefused as refused:
        return {"file": str(file), "changed": False, "messages": refused.diagnostics}
    changed = formatted != content
    if changed and not only_check:
        file.write_bytes(formatted)
    return {"file": str(file), "changed": changed, "messages": ()}

"""`muster rules serve`: starts the language server. Needs the ``lsp`` extra."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from cli.options import FILE


@click.command()
@click.option("--directory", type=FILE, help="The directory file; by default the one next to each rules file.")
def serve(directory: Path | None) -> None:
    """Run the language server for an editor, over stdin and stdout.

    It offers diagnostics as you type, completion from the directory, quick fixes, formatting, and hover texts.
    """
    try:
        module = importlib.import_module("cli.rules.language_server")
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException("the language server is an extra: install muster[lsp]") from None
    module.language_server(directory).start_io()

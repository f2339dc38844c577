"""`muster rules serve`: the language server, where its extra is installed."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from cli.options import FILE


@click.command()
@click.option("--directory", type=FILE, help="The directory that the rules speak of; else the one beside each file.")
def serve(directory: Path | None) -> None:
    """Serve an editor as a language server, over stdin and stdout.

    Messages as you type, completion from the directory, quick fixes, formatting, and what a phrase means.
    """
    try:
        module = importlib.import_module("cli.rules.language_server")
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException("the language server is an extra: install muster[lsp]") from None
    module.language_server(directory).start_io()

"""Options and arguments that several commands take, each with one name and one help text."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KNOWN = "The directory that the rules speak of."

file_argument = click.argument("file", type=FILE)
directory_option = click.option("--directory", type=FILE, required=True, help=_KNOWN)
optional_directory_option = click.option("--directory", type=FILE, help=_KNOWN)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
facts_option = click.option("--facts", default="{}", help="What is known of the escalation: a JSON object or its file.")
at_option = click.option(
    "--at", "moment", help="When: 2026-02-04T12:00 (the desk's time unless a zone is said) or Wed 12:00. Default: now."
)

seed_directory_option = click.option(
    "--directory", type=FILE, help="A directory file to seed with, instead of the example team."
)
seed_rules_option = click.option("--rules", type=FILE, help="A rules file to seed with, instead of the example team's.")

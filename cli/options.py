"""Options and arguments that several commands share, so that they have the same name and help text everywhere."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DIRECTORY_HELP = "Directory file with the names that the rules use."

file_argument = click.argument("file", type=FILE)
directory_option = click.option("--directory", type=FILE, required=True, help=_DIRECTORY_HELP)
optional_directory_option = click.option("--directory", type=FILE, help=_DIRECTORY_HELP)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
facts_option = click.option(
    "--facts", default="{}", help="Facts about the escalation: a JSON object, or a file that contains one."
)
at_option = click.option(
    "--at", "moment", help="When: 2026-02-04T12:00 (organisation's time zone unless given) or Wed 12:00. Default: now."
)

seed_directory_option = click.option(
    "--directory", type=FILE, help="Directory file to load instead of the example team."
)
seed_rules_option = click.option("--rules", type=FILE, help="Rules file to load instead of the example team's.")

"""`muster escalate`: one ticket to a call, through the API of a running installation."""

from __future__ import annotations

import json
from typing import Any

import click
import httpx

from cli.environment import settings_beside_stack
from cli.stack.home import Home


@click.command()
@click.option("--ticket", required=True, help="The ticket's id in its help desk.")
@click.option("--email", required=True, help="The customer's mail address.")
@click.option("--name", default="", help="The customer's name; else what stands before the @.")
@click.option("--subject", default="", help="What the ticket is about; else its id.")
@click.option("--system", default="manual", show_default=True, help="The help desk that the ticket is in.")
@click.option("--ticket-url", default="", help="The ticket's address.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact, as 'priority=urgent'. Repeatable.")
@click.option("--time-zone", default="", help="The customer's time zone, as Europe/Copenhagen.")
@click.option("--now", is_flag=True, help="A call now instead of a booking.")
@click.option("--url", help="The installation's address; else MUSTER_PUBLIC_URL or the embedded stack's.")
@click.option("--token", envvar="MUSTER_API_TOKEN", help="An API token; else that of credentials.json.")
def escalate(**given: Any) -> None:
    """Escalate a ticket to a call and print what came of it as JSON."""
    settings = settings_beside_stack()
    token = given["token"] or _seeded_token(Home(settings.home))
    url = (given["url"] or settings.base_url).rstrip("/")
    try:
        answer = httpx.post(
            f"{url}/api/v1/escalations",
            json=_request(given),
            headers={"Authorization": f"Bearer {token}"},
            timeout=15,
        )
    except httpx.HTTPError as failure:
        raise click.ClickException(f"{url} does not answer: {failure}") from None
    click.echo(json.dumps(answer.json(), indent=1, ensure_ascii=False))
    if answer.is_error:
        raise click.exceptions.Exit(1)


def _request(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "ticket": {
            "system": given["system"],
            "id": given["ticket"],
            "url": given["ticket_url"],
            "subject": given["subject"] or f"Ticket {given['ticket']}",
            "facts": dict(_fact(fact) for fact in given["facts"]),
        },
        "customer": {
            "name": given["name"] or given["email"].partition("@")[0],
            "email": given["email"],
            "time_zone": given["time_zone"],
        },
        "mode": "now" if given["now"] else "booking",
    }


def _fact(written: str) -> tuple[str, Any]:
    """``replies=7`` is a number, ``tags=["safety"]`` a list; what is no JSON is a word."""
    name, equals, value = written.partition("=")
    if not equals:
        raise click.BadParameter(f"{written!r} is not of the form NAME=VALUE", param_hint="--fact")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _seeded_token(home: Home) -> str:
    if not home.credentials.exists():
        raise click.ClickException("no API token: give --token, or run `muster seed`")
    return str(json.loads(home.credentials.read_text())["api_token"])

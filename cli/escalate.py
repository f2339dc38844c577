"""`muster escalate`: one ticket to a call, through the API of a running installation."""

from __future__ import annotations

import json
from typing import Any

import click
import httpx

from cli.environment import settings_beside_stack
from cli.stack.home import Home
from domain.ticket_reference import ReferenceUnclear, TicketReference, read_reference


@click.command()
@click.option("--ticket", required=True, help="The ticket's address, or its id with --ticket-url.")
@click.option("--email", required=True, help="The customer's mail address.")
@click.option("--name", default="", help="The customer's name; else what stands before the @.")
@click.option("--subject", default="", help="What the ticket is about; else its id.")
@click.option("--system", default="", help="The help desk, where the address doesn't tell.")
@click.option("--ticket-url", default="", help="The address of a ticket that was given by its id.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact, as 'priority=urgent'. Repeatable.")
@click.option("--time-zone", default="", help="The customer's time zone, as Europe/Copenhagen.")
@click.option("--now", is_flag=True, help="A call now instead of a booking.")
@click.option("--url", help="The installation's address; else MUSTER_PUBLIC_URL or the embedded stack's.")
@click.option("--token", envvar="MUSTER_API_TOKEN", help="An API token; else that of credentials.json.")
def escalate(**given: Any) -> None:
    """Escalate a ticket to a call and print what came of it as JSON."""
    settings = settings_beside_stack()
    reference = _reference(given["ticket"], given["ticket_url"], given["system"])
    token = given["token"] or _seeded_token(Home(settings.home))
    url = (given["url"] or settings.base_url).rstrip("/")
    try:
        answer = httpx.post(
            f"{url}/api/v1/escalations",
            json=_request(reference, given),
            headers={"Authorization": f"Bearer {token}"},
            timeout=15,
        )
    except httpx.HTTPError as failure:
        raise click.ClickException(f"{url} does not answer: {failure}") from None
    click.echo(json.dumps(answer.json(), indent=1, ensure_ascii=False))
    if answer.is_error:
        raise click.exceptions.Exit(1)


def _reference(ticket: str, url: str, system: str) -> TicketReference:
    try:
        known = read_reference(url, system) if url else None
        reference = read_reference(ticket, system or (known.system if known else ""))
    except ReferenceUnclear as unclear:
        raise click.BadParameter(unclear.detail, param_hint="--ticket") from None
    if not (url or reference.url):
        raise click.BadParameter("an id alone needs the ticket's address too: --ticket-url", param_hint="--ticket")
    return TicketReference(system or reference.system, reference.id, url or reference.url)


def _request(reference: TicketReference, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "ticket": {
            "system": reference.system,
            "id": reference.id,
            "url": reference.url,
            "subject": given["subject"] or f"Ticket {reference.id}",
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

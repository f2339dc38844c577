"""`muster escalate`: escalates a ticket through the API of a running installation."""

from __future__ import annotations

import json
from typing import Any

import click
import httpx

from cli.environment import settings_beside_stack
from cli.stack.home import Home
from domain.tickets.reference import ReferenceUnclear, TicketReference, read_reference


@click.command()
@click.option("--ticket", required=True, help="The ticket's address, or its id together with --ticket-url.")
@click.option("--email", required=True, help="The customer's email address.")
@click.option("--name", default="", help="The customer's name. Default: the part of the email address before the @.")
@click.option("--subject", default="", help="The ticket's subject. Default: its id.")
@click.option("--system", default="", help="Help desk, if the address doesn't show it.")
@click.option("--ticket-url", default="", help="The ticket's address, if --ticket is an id.")
@click.option(
    "--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact, such as 'priority=urgent'. Repeatable."
)
@click.option("--time-zone", default="", help="The customer's time zone, such as Europe/Copenhagen.")
@click.option("--now", is_flag=True, help="Ask for a call now instead of a booking.")
@click.option("--url", help="The installation's address. Default: MUSTER_PUBLIC_URL or the embedded stack's address.")
@click.option("--token", envvar="MUSTER_API_TOKEN", help="API token. Default: the one in credentials.json.")
def escalate(**options: Any) -> None:
    """Escalate a ticket to a call and print the API's answer as JSON."""
    settings = settings_beside_stack()
    reference = _reference(options["ticket"], options["ticket_url"], options["system"])
    token = options["token"] or _seeded_token(Home(settings.home))
    url = (options["url"] or settings.base_url).rstrip("/")
    try:
        answer = httpx.post(
            f"{url}/api/v1/escalations",
            json=_request(reference, options),
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
        of_url = read_reference(url, system) if url else None
        reference = read_reference(ticket, system or (of_url.system if of_url else ""))
    except ReferenceUnclear as unclear:
        raise click.BadParameter(unclear.detail, param_hint="--ticket") from None
    if not (url or reference.url):
        raise click.BadParameter("an id also needs the ticket's address: --ticket-url", param_hint="--ticket")
    return TicketReference(system or reference.system, reference.id, url or reference.url)


def _request(reference: TicketReference, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "ticket": {
            "system": reference.system,
            "id": reference.id,
            "url": reference.url,
            "subject": options["subject"] or f"Ticket {reference.id}",
            "facts": dict(_fact(fact) for fact in options["facts"]),
        },
        "customer": {
            "name": options["name"] or options["email"].partition("@")[0],
            "email": options["email"],
            "time_zone": options["time_zone"],
        },
        "mode": "now" if options["now"] else "booking",
    }


def _fact(argument: str) -> tuple[str, Any]:
    """A fact's name and value.

    ``replies=7`` gives a number, ``tags=["safety"]`` a list, and non-JSON values are text.
    """
    name, equals, value = argument.partition("=")
    if not equals:
        raise click.BadParameter(f"{argument!r} is not of the form NAME=VALUE", param_hint="--fact")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _seeded_token(home: Home) -> str:
    if not home.credentials.exists():
        raise click.ClickException("no API token: pass --token, or run `muster seed`")
    return str(json.loads(home.credentials.read_text())["api_token"])

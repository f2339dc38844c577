"""Every form of every page delays nobody, whatever is typed into whichever field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import update

from database.tables.directory import person
from domain.sign_in import Role
from tests.web.office import Office, office
from tests.web.strangers.requests import ask, encoded, signed_form
from tests.web.strangers.test_loop_held import judge
from web.security.access_matrix import MATRIX

__all__ = ["office"]

TEXTS = {
    "letters": "x",
    "markup": "<&\"'",
    "lines": "a\r\n",
    "spaces": " \u00a0",
    "marks": "\u202e",
    "digits": "9",
    "brackets": "[{(",
    "mail addresses": "a@b.",
    "web addresses": "https://a/?#%00",
    "rules": "when tags include x or ",
}
LARGEST = 900_000
"""Bytes of one form, which may have a million."""
_SKIPPED = ("POST /sign-out", "POST /sessions/end", "POST /rules/", "POST /api/", "POST /hooks/", "POST /dev/")
"""Sessions must last, rules have tests of their own, and programs send no forms."""
_IN_PATHS = {"kind": "teams", "number": "1", "person_id": "1", "nth": "1"}
_TEMPLATES = Path(__file__).parents[3] / "web" / "templates"
_NAME = re.compile(r'name="([a-z_]+)"')


def fields_of(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.body_params}
    return own.union(*(fields_of(part) for part in dependant.dependencies))


def forms(office: Office) -> dict[str, set[str]]:
    """The addresses that take forms, with the fields that each route declares; some read whatever comes."""
    keys = [key for key in MATRIX if key.startswith("POST ") and not key.startswith(_SKIPPED)]
    routes = [one for one in office.app.routes if isinstance(one, APIRoute) and one.methods == {"POST"}]
    return {route.path: fields_of(route.dependant) for route in routes if f"POST {route.path}" in keys}


def filled(names: set[str], text: str) -> dict[str, str]:
    """These fields, which together are as large as a form may be."""
    one = len(encoded({"": text})) + 20
    return {name: text * max(1, LARGEST // one // len(names)) for name in names}


@pytest.mark.soak
@pytest.mark.parametrize("name", TEXTS)
async def test_whatever_is_typed_into_every_form_delays_nobody(office: Office, name: str) -> None:
    async with office.engine.begin() as conn:
        await conn.execute(update(person).values(roles=[role.value for role in Role]))
    headers, token = await signed_form(office, await office.browser("Miguel Torres"), "/sessions")
    every = {found for page in _TEMPLATES.rglob("*.html") for found in _NAME.findall(page.read_text())} - set(token)
    found = forms(office)
    assert len(found) > 30
    for path, declared in found.items():
        address = re.sub(r"\{(\w+)[^}]*\}", lambda part: _IN_PATHS.get(part[1], "x" * 43), path)
        for names in {frozenset(every | declared), *(frozenset({one}) for one in declared)}:
            body = encoded(token | filled(set(names), TEXTS[name]))
            judge(await ask(office.app, "POST", address, headers, body), f"{name} in {sorted(names)[:3]} of {path}")

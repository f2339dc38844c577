"""Refuses query parameters that a route doesn't have, as unknown fields of bodies are refused.

A misspelt filter that is passed over answers with the wrong list, and a cursor that is passed over with the first page
for ever.
"""

from __future__ import annotations

import difflib

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from web.api.problems import FieldError, FieldsRefused

_MEANT = {"after": "cursor", "next": "cursor", "page": "cursor", "offset": "cursor", "date": "day", "per_page": "limit"}
"""What other APIs call it."""


async def refuse_unknown_parameters(request: Request) -> None:
    """Raise ``FieldsRefused``, with the likely spelling, if the route has no such query parameter."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = sorted(_declared(route.dependant))
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        raise FieldsRefused(tuple(FieldError(f"?{name[:100]}", _explain(name, known)) for name in unknown[:20]))


def _declared(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_declared(part) for part in dependant.dependencies))


def _explain(name: str, known: list[str]) -> str:
    meant = _MEANT.get(name.lower(), "")
    close = [meant] if meant in known else difflib.get_close_matches(name[:100], known, 1)
    return f"there is no such parameter{f'; did you mean {close[0]}?' if close else ''}"

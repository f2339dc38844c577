"""Every stub that a workflow calls has exactly one implementation, with the same name and signature."""

from __future__ import annotations

import inspect
import typing

from sqlalchemy.ext.asyncio import create_async_engine

from activities import contracts
from activities.dependencies import Dependencies
from domain.ids import Tokens
from workers.registration import activities_of

STUBS = {
    name: function
    for name, function in inspect.getmembers(contracts, inspect.iscoroutinefunction)
    if function.__module__ == contracts.__name__
}


def hints(function: object) -> dict[str, object]:
    found = typing.get_type_hints(function)
    found.pop("self", None)
    return found


def test_stubs_and_implementations_match() -> None:
    dependencies = Dependencies(create_async_engine("postgresql+psycopg://"), Tokens(b"x" * 32))
    made = activities_of(dependencies)
    names = [function.__name__ for function in made]
    assert sorted(names) == sorted(STUBS)
    assert len(set(names)) == len(names)
    for function in made:
        stub = STUBS[function.__name__]
        assert hints(function) == hints(stub), function.__name__
        assert list(inspect.signature(function).parameters) == list(inspect.signature(stub).parameters)

"""Every activity contract has exactly one implementation, with the same name and signature."""

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
    types = typing.get_type_hints(function)
    types.pop("self", None)
    return types


def test_stubs_and_implementations_match() -> None:
    dependencies = Dependencies(create_async_engine("postgresql+psycopg://"), Tokens(b"x" * 32))
    implementations = activities_of(dependencies)
    names = [function.__name__ for function in implementations]
    assert sorted(names) == sorted(STUBS)
    assert len(set(names)) == len(names)
    for function in implementations:
        stub = STUBS[function.__name__]
        assert hints(function) == hints(stub), function.__name__
        assert list(inspect.signature(function).parameters) == list(inspect.signature(stub).parameters)

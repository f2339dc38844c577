"""The terms of witnesses as rows. There are few different terms; each is stored once and referenced by id."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.booking import seat_terms
from domain.seats.demand import Terms

_TERMS = TypeAdapter(Terms)


async def read_terms(conn: AsyncConnection) -> dict[int, Terms]:
    rows = await conn.execute(select(seat_terms))
    return {row.id: load_terms(row.terms) for row in rows}


def load_terms(stored: object) -> Terms:
    return _TERMS.validate_python(stored)


def select_terms_id(terms: Terms) -> Select[int]:
    """The query for the id of these terms; it returns no row if no call has had them before."""
    return select(seat_terms.c.id).where(seat_terms.c.terms == _TERMS.dump_python(terms, mode="json"))


async def id_of_terms(conn: AsyncConnection, terms: Terms) -> int:
    """The id of these terms, which are stored now if no call has had them before."""
    query = select_terms_id(terms)
    if (terms_id := (await conn.execute(query)).scalar_one_or_none()) is not None:
        return terms_id
    stored = _TERMS.dump_python(terms, mode="json")
    await conn.execute(insert(seat_terms).values(terms=stored).on_conflict_do_nothing())
    return (await conn.execute(query)).scalar_one()

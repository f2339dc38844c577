"""The limits of witnesses as rows: few, each kept once, and known by number."""

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


def number_of(terms: Terms) -> Select[int]:
    """The query for the number of these limits; no row where nobody had them before."""
    return select(seat_terms.c.id).where(seat_terms.c.terms == _TERMS.dump_python(terms, mode="json"))


async def terms_number(conn: AsyncConnection, terms: Terms) -> int:
    """The number of these limits, given to them now if nobody had them before."""
    known = number_of(terms)
    if (number := (await conn.execute(known)).scalar_one_or_none()) is not None:
        return number
    said = _TERMS.dump_python(terms, mode="json")
    await conn.execute(insert(seat_terms).values(terms=said).on_conflict_do_nothing())
    return (await conn.execute(known)).scalar_one()

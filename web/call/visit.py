"""A request by one side's page of a call."""

from __future__ import annotations

import re
from dataclasses import dataclass

from database.stores.call import JoinPage, find_join
from domain.call import CallOver, JoinUnknown
from domain.failure import Failure
from web.customer.customer_link import CustomerRequest

_PAGE = re.compile(r"[0-9a-f]{32}")


@dataclass
class PageUnnamed(Failure):
    """The name that a page gives itself isn't 32 hexadecimal digits."""

    status = 422
    title = "This page has no name"


async def open_join(visit: CustomerRequest, token: str, *, over: bool = False) -> JoinPage:
    """The page of this join link. Raises ``JoinUnknown``, ``TooManyMisses`` after many wrong links, and ``CallOver``
    unless the call may be ``over``.
    """
    async with visit.engine.connect() as conn:
        join = await find_join(conn, token)
    if join is None:
        visit.limiter.count(visit.request)
        raise JoinUnknown
    if join.over and not over:
        raise CallOver
    return join


def named(page: str) -> str:
    """The name of a page. Raises ``PageUnnamed``."""
    if not _PAGE.fullmatch(page):
        raise PageUnnamed
    return page

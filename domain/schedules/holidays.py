"""Public holidays of a country or region, from the ``holidays`` library."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType

import holidays


@cache
def regions() -> tuple[str, ...]:
    """Every country with holidays (``DK``) and every region with holidays of its own (``DE-BY``), sorted."""
    countries = holidays.list_supported_countries(include_aliases=False)
    parts = [f"{country}-{part}" for country, parts in countries.items() for part in parts]
    return tuple(sorted([*countries, *parts]))


def knows_region(region: str) -> bool:
    return region in regions()


@lru_cache(maxsize=512)
def holidays_of(region: str, year: int) -> Mapping[date, str]:
    """One year's holidays with their names; none if the region is empty."""
    if not region:
        return MappingProxyType({})
    country, _, part = region.partition("-")
    return MappingProxyType(dict(holidays.country_holidays(country, subdiv=part or None, years=year)))

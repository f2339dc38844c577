"""Whoever waits gives up last."""

from domain import deadlines as each


def test_each_ends_before_whoever_waits_for_it_gives_up() -> None:
    assert each.SALE < each.TRANSACTION <= each.UPDATE <= each.PAGE
    assert each.TRANSACTION < each.ACTIVITY < each.UNTIL_KNOWN
    assert each.TURN + each.SEARCH + each.SEARCH_ROUND_TRIP + each.AFTER_SEARCH <= each.SALE
    assert each.MIGRATION_LOCK < each.TRANSACTION

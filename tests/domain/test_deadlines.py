"""Nothing takes longer than the wait for it."""

from domain import deadlines


def test_each_deadline_ends_before_the_wait_for_it() -> None:
    assert deadlines.SALE < deadlines.TRANSACTION <= deadlines.UPDATE <= deadlines.PAGE
    assert deadlines.TRANSACTION < deadlines.ACTIVITY < deadlines.UNTIL_KNOWN
    search = deadlines.SEARCH + deadlines.SEARCH_ROUND_TRIP
    assert deadlines.TURN + search + deadlines.AFTER_SEARCH <= deadlines.SALE
    assert deadlines.MIGRATION_LOCK < deadlines.TRANSACTION

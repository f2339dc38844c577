"""The faults that Muster must survive, each with the test that tries it.

`python -m tests.faults.matrix` tries them all and prints a table: the fault, whether it was tried, green or red, and
the seconds until everything was back.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field

import pytest

KILLS = "tests/faults/lanes/test_killed.py::test_a_kill_at_the_worst_moment_loses_and_doubles_nothing"
RESTORES = "tests/faults/lanes/test_restored.py::test_every_open_life_goes_on_after_a_restored_backup"
SCARCE = "tests/faults/lanes/test_scarce.py"
OUTAGES = "tests/faults/lanes/test_outage.py"
TOGETHER = "tests/faults/test_concurrent_requests.py"
SIGN_IN = "tests/web/security/test_sign_in.py"
MOMENTS = "tests/database/rounds/test_hostile_moments.py"

MATRIX: dict[str, str | None] = {
    "web dies before the commit of a booking": f"{KILLS}[web before the commit of a booking]",
    "web dies after the commit of a booking": f"{KILLS}[web after the commit of a booking]",
    "the worker dies before the commit of an effect": f"{KILLS}[worker before the commit of an effect]",
    "the worker dies after the commit of an effect": f"{KILLS}[worker after the commit of an effect]",
    "the tickers die in the middle of a round": f"{KILLS}[tickers before the commit of a round]",
    "the tickers die after the commit of a round": f"{KILLS}[tickers after the commit of a round]",
    "each part dies at random under load": "tests/faults/test_soak.py::test_random_kills_for_minutes",
    "Temporal dies in a burst": f"{KILLS}[Temporal in a burst]",
    "Temporal dies while somebody books": f"{KILLS}[Temporal while somebody books]",
    "PostgreSQL dies in a transaction": f"{KILLS}[PostgreSQL in a transaction]",
    "everything dies together": f"{KILLS}[everything at once]",
    "the disk is full, then freed": "tests/faults/lanes/test_disk_full.py",
    "Temporal's store is lost": f"{RESTORES}[Temporal lost]",
    "a restored Temporal is older than the rows": f"{RESTORES}[Temporal older than the rows]",
    "restored rows are older than Temporal": f"{RESTORES}[rows older than Temporal]",
    "a double click": f"{TOGETHER}::test_a_double_click_is_one_click",
    "fifty posts of one link, from two devices or tabs": f"{TOGETHER}::test_fifty_posts_of_one_link_book_one_call",
    "connections closed in the middle": f"{TOGETHER}::test_connections_closed_in_the_middle_change_and_break_nothing",
    "customers meet at the last seat": f"{TOGETHER}::test_the_last_seat_is_sold_once_and_the_others_see_free_times",
    "an acceptance meets the end of its offer": (
        f"{TOGETHER}::test_an_offer_at_its_last_moment_is_accepted_or_expires_and_never_both"
    ),
    "an acceptance meets a cancellation": (
        f"{MOMENTS}::test_accepting_while_the_customer_cancels_is_consistent_for_both"
    ),
    "an agent's laptop is shut": "tests/faults/test_vanished.py",
    "a customer comes late or never": "tests/journeys/test_missed_customer.py",
    "a shift ends during a call": (
        f"{MOMENTS}::test_a_shift_that_ends_during_a_call_changes_nothing_about_it_and_brings_no_other"
    ),
    "expired and unknown sign-in links": f"{SIGN_IN}::test_an_expired_and_an_unknown_link",
    "guessed links and passwords": f"{SIGN_IN}::test_guessing_is_slowed_down",
    "scanners that submit every form": (
        "tests/faults/test_scanner.py::test_a_scanner_on_every_mailed_link_books_joins_and_rates_nothing"
    ),
    "unsigned, altered, stale and repeated webhooks": (
        "tests/web/hooks/test_hooks.py::test_unsigned_altered_stale_and_foreign_webhooks_are_refused"
    ),
    "poison payloads": "tests/web/security/test_unfit_text.py",
    "malformed rules files": "tests/rules_dsl/test_robustness.py",
    "daylight saving, half-hour zones": "tests/domain/schedules/test_schedule.py",
    "timers due while everything is down": (
        f"{OUTAGES}::test_timers_that_run_out_while_everything_is_down_fire_once_each"
    ),
    "a process whose clock is off": "tests/faults/test_moved_clock.py",
    "a code change with escalations under way": "tests/workflows/test_replay.py",
    "a migration under load": "tests/database/test_migrations.py::test_a_migration_yields_to_traffic_and_is_retried",
    "a publication of rules under load": (
        "tests/database/rules/test_rollouts.py::test_openings_do_not_wait_for_publishing"
    ),
    "the secret key is replaced": "tests/web/security/test_secret_replaced.py",
    "the worker has a twentieth of a core": (
        f"{SCARCE}::test_a_worker_with_a_twentieth_of_a_core_loses_nothing_and_keeps_nobody_waiting"
    ),
    "the worker forgets every workflow": f"{SCARCE}::test_everything_works_with_a_worker_that_caches_no_workflow",
    "a row locked for six seconds while its customer books": (
        f"{SCARCE}::test_a_booking_whose_row_was_locked_for_six_seconds_outlives_its_worker"
    ),
    "a row locked for six seconds at an effect of the worker": (
        f"{SCARCE}::test_an_effect_of_the_worker_whose_row_is_locked_for_six_seconds_happens_once"
    ),
    "a row locked for six seconds at each kind of effect": "tests/faults/lanes/test_locked_effects.py",
    "a row that stays locked at any activity": "tests/activities/test_locked_rows.py",
    "the database stands still on open connections": (
        f"{SCARCE}::test_a_database_that_stands_still_on_open_connections_is_answered_503"
    ),
    "an outage while calls search": f"{OUTAGES}::test_an_outage_of_a_minute_while_calls_search_gives_nobody_up",
    "mail servers down, slow, dropping or refusing": "tests/activities/test_sender_failures.py",
    "chat and webhook receivers down": "tests/activities/test_chat.py",
    "sign-in by another provider is down": f"{SIGN_IN}::test_signing_in_asks_nobody_but_the_database",
}
"""For each fault, the id of a test, or of a file of tests; None if nothing tries it yet."""


@dataclass
class Outcomes:
    """A pytest plugin that collects what became of each test."""

    failed: dict[str, bool] = field(default_factory=lambda: defaultdict(bool))
    recoveries: dict[str, float] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed[report.nodeid] |= report.failed
        for name, value in report.user_properties:
            if name == "recovery" and isinstance(value, float):
                self.recoveries[report.nodeid] = value

    def row(self, fault: str, trial: str | None) -> str:
        tests = (
            [] if trial is None else [test for test in self.failed if test == trial or test.startswith(f"{trial}::")]
        )
        recoveries = [self.recoveries[test] for test in tests if test in self.recoveries]
        verdict = "" if not tests else "red" if any(self.failed[test] for test in tests) else "green"
        back = f"{max(recoveries):.1f} s" if recoveries else ""
        return f"{fault:<58}{'tried' if tests else 'not tried':<11}{verdict:<7}{back:>8}"


def main() -> int:
    outcomes = Outcomes()
    trials = sorted({trial for trial in MATRIX.values() if trial is not None})
    status = pytest.main(["-q", "-n0", "-m", "", *trials, *sys.argv[1:]], plugins=[outcomes])
    sys.stdout.write("\n".join(outcomes.row(fault, trial) for fault, trial in MATRIX.items()) + "\n")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())

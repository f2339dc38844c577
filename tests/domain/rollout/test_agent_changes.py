"""What new rules change for each agent."""

from __future__ import annotations

from domain.rollout.agent_changes import LINES_AT_MOST, changes_by_agent
from rules_dsl import compare_rules, compile_rules
from tests.rules_dsl.desks import directory, rules_text

BOATS = directory("small_team")
OLD = rules_text("small_team").partition("\nexpect ")[0]
PEOPLE = {person.name: person.id for person in BOATS.people}
INES, FREJA = PEOPLE["Ines Costa"], PEOPLE["Freja Holm"]


def changes(new: str, *, compared: bool = True) -> dict[int, tuple[str, ...]]:
    before, after = compile_rules(OLD, BOATS), compile_rules(new, BOATS)
    change = compare_rules(before, after) if compared else None
    return changes_by_agent(before, after, BOATS, change)


def test_the_same_rules_change_nothing_for_anybody() -> None:
    assert changes(OLD) == {}
    assert changes(OLD.replace("remind the customer 1 hour", "remind the customer 2 hours")) == {}


def test_an_agent_hears_who_is_asked_first_later_and_no_longer() -> None:
    for compared in (True, False):
        told = changes(OLD.replace('send to team "Office"', 'send to team "Support"', 1), compared=compared)
        assert told[INES] == ("Rule “Invoices” no longer asks you.",)
        assert told[FREJA] == ("Rule “Invoices” now asks you from the start.",)
    told = changes(OLD.replace('send to team "Support"\n  offer', 'send to team "Office"\n  offer'))
    assert told[INES] == ("Rule “Outside opening hours” now asks you.",)
    assert told[FREJA] == ("Rule “Outside opening hours” now asks you only if nobody else takes a call.",)


def test_an_agent_hears_which_tickets_a_new_rule_brings_or_takes_away() -> None:
    masts = (
        'rule "Masts"\n  when tags include "mast"\n  send to team "Office"\n  if nobody in 3 minutes, offer booking\n\n'
    )
    new = OLD.replace('rule "Engine', masts + 'rule "Engine')
    told = changes(new)
    assert any(line.startswith("You may now be asked about these tickets: ") and "mast" in line for line in told[INES])
    assert all("no longer asked about these tickets" in line for line in told[FREJA])
    assert changes(new, compared=False)[INES] == ("Rule “Masts” now asks you.",)


def test_settings_that_concern_agents_are_told_to_every_agent() -> None:
    told = changes(OLD.replace("offer for 45 seconds", "offer for 50 seconds"))
    assert set(told) == set(PEOPLE.values())
    assert len(set(told.values())) == 1
    assert told[INES][0].startswith("For everybody: calls: ")
    assert "50 seconds, before: 45 seconds" in told[INES][0]


def test_a_long_list_is_cut_and_counted() -> None:
    many = "".join(
        f'rule "R{nth}"\n  when tags include "t{nth}"\n  send to team "Office"\n\n' for nth in range(60, 20, -1)
    )
    lines = changes(OLD.replace('rule "Engine', many + 'rule "Engine'), compared=False)[INES]
    assert len(lines) == LINES_AT_MOST + 1
    assert lines[-1] == f"And {40 - LINES_AT_MOST} more changes."

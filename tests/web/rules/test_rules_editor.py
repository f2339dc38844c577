"""The editor's requests: trying a sample, completions, formatting, the page of each diagnostic."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime

import pytest

from rules_dsl import Directory
from rules_dsl.editor.meanings import MEANINGS
from rules_dsl.syntax.diagnostic_catalogue import CATALOGUE
from tests.web.office import EXAMPLES, RULES, Office, office
from web.assets import assets
from web.rules.sample import Sample, read_sample, usual_sample
from web.security.headers import content_policy

__all__ = ["office"]

AT_WORK = {"at": "2026-11-25T10:00"}
SAFETY = {"fact.priority": "urgent", "fact.product area": "engine", "fact.tags": "safety, vip", **AT_WORK}
DIRECTORY = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


async def test_a_sample_is_tried_without_scripts(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    reason = "because it floats"
    answer = await manager.post("/rules/try", "/rules/edit", text=RULES, based_on="1", reason=reason, **SAFETY)
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    assert f'value="{reason}"' in page
    assert 'By rule "Engine stopped at sea", <a href="#line-13"' in page
    assert "<option selected>urgent</option>" in page
    assert "on Wed 25 Nov, 10:00 Copenhagen time" in page
    assert page.index("immediately") < page.index("after 1 minute") < page.index("after 4 minutes")
    assert "2 × Marine Engineer, Support" in page
    assert "3 × Advisor, Support" in page
    assert 'Ines Costa: <span class="soft">not in team "Support", title "Marine Engineer" or team "Support"' in page
    assert "least busy: 0 minutes in the last 4 hours" in page
    assert "Slots of 20 min, booked at least 2 h and at most 5 working days ahead." in page


async def test_the_result_explains_why_a_rule_matches_and_those_above_do_not(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    manager.client.headers["HX-Request"] = "true"
    facts = {"fact.tags": "none", "fact.priority": "", "fact.product area": "billing", **AT_WORK}
    part = html.unescape((await manager.post("/rules/try", "/rules/edit", text=RULES, **facts)).text)
    assert "<html" not in part
    assert 'By rule "Invoices"' in part
    assert "tags none" in part
    assert "priority unknown" in part
    above = part.partition("for each rule above:")[2]
    assert 'tags include "safety" <span class="soft">(tags are none; <a href="#line-14"' in above


async def test_a_refusal_and_an_empty_step_are_shown(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    manager.client.headers["HX-Request"] = "true"
    refusing = RULES.replace(
        '  send to team "Office"\n  order by longest idle', '  no call, say "Write to the office."'
    )
    facts = {"fact.product area": "billing", **AT_WORK}
    part = html.unescape((await manager.post("/rules/try", "/rules/edit", text=refusing, **facts)).text)
    assert "No call" in part
    assert "The agent sees: “Write to the office.”" in part
    assert "Who is asked, and when" not in part
    skilled = RULES.replace('send to team "Office"', 'send to team "Office"\n  require skill "diesel"')
    part = html.unescape((await manager.post("/rules/try", "/rules/edit", text=skilled, **facts)).text)
    assert "Nobody; the next step follows immediately" in part


async def test_errors_in_a_sample_are_shown_at_their_fields(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    wrong = {"fact.priority": "high", "fact.replies": "many", "fact.ticket age": "3 moons", "at": "soon"}
    page = (await manager.post("/rules/try", "/rules/edit", text=RULES, based_on="1", **wrong)).text
    assert page.count('aria-invalid="true"') == 3
    assert 'value="many"' in page
    assert "expected a whole number" in page
    assert "expected seconds or a text such as 3 days" in page
    assert "enter a date and a time" in page


async def test_an_example_of_the_file_fills_in_the_sample(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    name = "a safety case goes to an engineer, even at night"
    assert f"<option>{name}</option>" in await manager.get("/rules/edit")
    chosen = {"example": name, "fact.priority": "low"}
    with_errors = (await manager.post("/rules/try", "/rules/edit", text=RULES, **chosen)).text
    assert "<option selected>low</option>" in with_errors
    filled = (await manager.post("/rules/try", "/rules/edit", text=RULES, fill="yes", **chosen)).text
    assert "<option selected>high</option>" in filled
    assert 'value="safety"' in filled
    assert 'value="2026-02-08T23:10"' in filled
    assert "on Sun 8 Feb, 23:10 Copenhagen time" in filled
    manager.client.headers["HX-Request"] = "true"
    part = (await manager.post("/rules/try", "/rules/edit", text=RULES, fill="yes", **chosen)).text
    assert '<div id="sample" hx-swap-oob="innerHTML">' in part


async def test_fields_are_redrawn_only_for_new_content_or_errors(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    manager.client.headers["HX-Request"] = "true"
    part = (await manager.post("/rules/try", "/rules/edit", text=RULES, **{"fact.replies": "many"})).text
    assert 'id="sample"' in part
    assert 'name="wrong_before"' in part
    mended = {"fact.replies": "7", "wrong_before": "yes"}
    part = (await manager.post("/rules/try", "/rules/edit", text=RULES, **mended)).text
    assert 'id="sample"' in part
    assert "wrong_before" not in part
    part = (await manager.post("/rules/try", "/rules/edit", text=RULES, **{"fact.replies": "7"})).text
    assert 'id="sample"' not in part


async def test_a_check_includes_the_result_for_the_sample(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    manager.client.headers["HX-Request"] = "true"
    part = (await manager.post("/rules/check", "/rules/edit", text=RULES, **SAFETY)).text
    assert '<div id="tried" hx-swap-oob="innerHTML">' in part
    assert "Engine stopped at sea" in part
    broken = (await manager.post("/rules/check", "/rules/edit", text="rule", **SAFETY)).text
    assert "can’t be read yet" in broken


async def test_publishing_from_a_stale_page_keeps_the_sample(office: Office) -> None:
    ada, marta = await office.browser("Ada Admin"), await office.browser("Marta Manager")
    await ada.post("/rules/publish", "/rules/edit", text=RULES + "# calm\n", reason="calm", based_on="1")
    mine = RULES.replace("at most 5 calls", "at most 6 calls")
    answer = await marta.post("/rules/publish", "/rules/edit", text=mine, reason="one more", based_on="1", **SAFETY)
    assert answer.status_code == 409
    assert 'data-fresh="no"' in answer.text
    assert "<option selected>urgent</option>" in answer.text


async def test_diagnostics_have_their_position_and_fixes(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    manager.client.headers["HX-Request"] = "true"
    text = RULES.replace('send to team "Office"', 'send to team "Offise"')
    part = (await manager.post("/rules/check", "/rules/edit", text=text)).text
    found = json.loads(html.unescape(re.findall(r'data-message="([^"]*)"', part)[0]))
    assert (found["code"], found["line"], found["column"], found["length"]) == ("R201", 24, 16, 8)
    fix = found["fixes"][0]
    assert text[: fix["start"]] + fix["replacement"] + text[fix["end"] :] == RULES


async def test_completions_count_characters(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    begun = '# ⛵\nrule "⛵"\n  when product area is hull\n  send to team "Sup'
    answer = await manager.post("/rules/complete", "/rules/edit", text=begun, offset=str(len(begun)))
    first = answer.json()["options"][0]
    assert begun[: first["start"]] + first["insert"] == begun + 'port"'
    assert first["info"] == ""
    phrase = await manager.post(
        "/rules/complete", "/rules/edit", text=begun + 'port"\n  req', offset=str(len(begun) + 12)
    )
    assert [one["info"] for one in phrase.json()["options"]] == [MEANINGS["require"]]
    nothing = await manager.post("/rules/complete", "/rules/edit", text="# ", offset="2")
    assert nothing.json() == {"options": []}
    assert (await manager.post("/rules/complete", "/rules/edit", text="", offset="-1")).status_code == 422


async def test_tidying_up_changes_the_spacing_alone(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    untidy = RULES.replace("  send to", "      SEND   to")
    page = await manager.post("/rules/format", "/rules/edit", text=untidy, based_on="1", reason="neat")
    assert html.unescape(page.text).partition("<textarea")[2].partition(">\n")[2].startswith(RULES)
    manager.client.headers["Accept"] = "application/json"
    assert (await manager.post("/rules/format", "/rules/edit", text=untidy)).json() == {"text": RULES, "wrong": ""}
    broken = (await manager.post("/rules/format", "/rules/edit", text="rule\n")).json()
    assert broken["text"] == "rule\n"
    assert broken["wrong"].startswith("Not tidied up: line 1 ")


async def test_every_diagnostic_has_its_page(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    for code in CATALOGUE:
        page = await manager.get(f"/rules/messages/{code}")
        assert f"<h1>{code}: " in page
        assert "```" not in page
    await manager.get("/rules/messages/R999", 404)
    await manager.get("/rules/messages/README", 404)


async def test_the_editors_styles_are_allowed_by_a_nonce(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    nonces = set()
    for _ in range(2):
        answer = await manager.client.get("/rules/edit")
        nonce = re.search(r'rules-editor\.js\?v=\w+" nonce="([\w-]{20,})"', answer.text)
        assert nonce is not None
        assert f"style-src 'self' 'nonce-{nonce[1]}';" in answer.headers["content-security-policy"]
        nonces.add(nonce[1])
    assert len(nonces) == 2
    other = await manager.client.get("/rules")
    assert "rules-editor.js" not in other.text
    assert "nonce" not in other.headers["content-security-policy"]
    assert "style-src 'self';" in content_policy("")


def test_the_editor_has_the_size_that_the_docs_say() -> None:
    size = re.search(r"(\d+) kB compressed", (EXAMPLES.parent / "docs/rules-language.md").read_text())
    assert size is not None
    assert len(assets()["vendor/rules-editor.js"].compressed) / 1000 == pytest.approx(int(size[1]), rel=0.05)


def test_the_usual_sample_leaves_out_what_may_be_missing() -> None:
    read = read_sample(usual_sample(DIRECTORY.facts), DIRECTORY, NOW)
    assert read.wrong == {}
    assert "product area" not in read.facts
    assert read.facts["priority"] == "normal"
    assert read.facts["tags"] == ()
    assert read.moment == NOW


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-03-29T02:30", "2026-03-29T01:30:00+00:00"),  # A wall time that the clocks skip moves forward.
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),  # A wall time that occurs twice means the first.
        ("2026-02-04T12:00Z", "2026-02-04T12:00:00+00:00"),
    ],
)
def test_a_moment_is_wall_time_of_the_organisation(typed: str, expected: str) -> None:
    assert read_sample(Sample({}, typed), DIRECTORY, NOW).moment.isoformat() == expected


@pytest.mark.parametrize("typed", ["soon", "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T10:00"])
def test_an_invalid_moment_is_reported_and_now_counts(typed: str) -> None:
    read = read_sample(Sample({}, typed), DIRECTORY, NOW)
    assert list(read.wrong) == ["at"]
    assert read.moment == NOW

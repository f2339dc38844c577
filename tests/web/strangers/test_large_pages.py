"""Pages over a large organisation delay nobody."""

from __future__ import annotations

from sqlalchemy import text

from tests.web.office import Office, office
from tests.web.strangers.requests import ask, signed_form
from tests.web.strangers.test_loop_held import judge

__all__ = ["office"]

PEOPLE = 1_500
GROW = text("""
INSERT INTO person (name, email, roles, team, title)
SELECT 'Person ' || n, 'person' || n || '@harborboats.example', p.roles, p.team, p.title
FROM generate_series(1, :people) n, (SELECT * FROM person WHERE team IS NOT NULL ORDER BY id LIMIT 1) p
""")
PAGES = {
    "Marta Manager": (
        "/desk",
        "/board",
        "/board/parts",
        "/directory",
        "/shifts",
        "/shifts/me",
        "/outcomes",
        "/outcomes.csv",
        "/ops",
        "/desk/escalate",
    ),
    "Ada Admin": (
        "/admin",
        "/admin/audit",
        "/admin/tokens",
        "/admin/webhooks",
        "/admin/facts",
        "/outcomes/what-if",
        "/sessions",
    ),
}


async def test_pages_of_a_large_organisation_delay_nobody(office: Office) -> None:
    async with office.engine.begin() as conn:
        await conn.execute(GROW, {"people": PEOPLE})
    found = []
    for name, addresses in PAGES.items():
        headers, _ = await signed_form(office, await office.browser(name), "/sessions")
        for address in addresses:
            await ask(office.app, "GET", address, headers)
            held = await ask(office.app, "GET", address, headers | {"accept-encoding": "gzip"})
            found.append((held, address))
    program = {"authorization": f"Bearer {office.api_token}"}
    for address in ("/api/v1/export", "/api/v1/shifts", "/api/v1/openapi.json", "/metrics"):
        held = await ask(office.app, "GET", address, program)
        found.append((held, address))
    for held, address in found:
        judge(held, address)

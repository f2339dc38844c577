"""Generated lives of escalations, written in bulk: years of a desk with 500 escalations a day."""

from __future__ import annotations

import psycopg
from psycopg.types.json import Jsonb

LIVES_A_DAY = 500
OPEN = 200
"""Number of escalations still open, however many have ended."""
PORTION = 5_000
"""Lives written per transaction. Their events lie in the table in the order in which they happened, as in reality."""

SERVED = (
    *("opened", "link_issued", "booked", "moved", "customer_reminded", "customer_reminded", "muster_began", "offered"),
    *("declined", "offered", "accepted", "agent_reminded", "customer_joined", "agent_joined", "call_began"),
    *("call_ended", "wrapped_up", "survey_sent", "survey_reminded", "rated", "closed"),
)
EXPIRED = ("opened", "link_issued", "link_nudged", "link_nudged", "link_expired", "closed")
STILL_OPEN = ("opened", "link_issued")
LETTERS = ("invitation", "confirmation", "moved", "reminder", "reminder", "survey", "survey_again")

_LIFE = """
CREATE TEMP TABLE life ON COMMIT DROP AS
SELECT n, uuid(md5('life/' || n)) AS id, uuid(md5('call/' || n)) AS call, n %% 4000 + 1 AS customer,
  CASE WHEN n >= %(lives)s - %(open)s THEN 'open' WHEN n %% 5 = 0 THEN 'expired' ELSE 'served' END AS course,
  now() - (%(lives)s - n) * interval '1 day' / %(a_day)s AS opened,
  (SELECT id FROM person WHERE team IS NOT NULL ORDER BY id OFFSET n %% 30 LIMIT 1) AS person
FROM generate_series(%(first)s::int, %(last)s::int) n
"""
_ESCALATION = """
INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state, outcome,
  plan, ruleset, rule, pool, team, opened_by, seq, opened_at, updated_at, closed_at, directory)
SELECT id, desk, ticket_system, n::text, 'https://desk.example/tickets/' || n, 'Engine ' || n || ' stops at sea',
  facts || jsonb_build_object('replies', n %% 9), life.customer, 'booking',
  CASE course WHEN 'open' THEN 'invited' ELSE 'closed' END,
  CASE course WHEN 'served' THEN 'resolved' WHEN 'expired' THEN 'link_expired' END,
  plan, ruleset, rule, pool, team, 'person:' || life.person, 21, opened,
  opened + interval '3 days', CASE course WHEN 'open' THEN NULL ELSE opened + interval '3 days' END, directory
FROM life, (SELECT desk, ticket_system, facts, plan, ruleset, rule, pool, team, directory FROM escalation
  WHERE id = %(pattern)s) pattern
"""
_LINK = """
INSERT INTO customer_link (id, escalation, nth, token_hash, state, issued_at, expires_at)
SELECT n + 1000, id, 1, sha256(('link/' || n)::bytea),
  CASE course WHEN 'open' THEN 'open' WHEN 'served' THEN 'used' ELSE 'expired' END, opened, opened + interval '14 days'
FROM life
"""
_BOOKING = """
INSERT INTO booking (id, escalation, link, pool, starts_at, seconds, occupies, state, booked_at)
SELECT n + 1000, life.id, n + 1000, e.pool, opened + interval '1 day', 1200,
  tstzrange(opened + interval '1 day', opened + interval '1 day 20 minutes'), 'done', opened + interval '1 hour'
FROM life JOIN escalation e ON e.id = life.id WHERE course = 'served'
"""
_CALL = """
INSERT INTO call (id, escalation, nth, booking, state, starts_at, muster_at, search_began_at, person, team, title,
  attribution, accepted_at, customer_joined_at, agent_joined_at, ended_at, wrapped_up_at)
SELECT call, life.id, 1, n + 1000, 'done', opened + interval '1 day', opened + interval '23:55',
  opened + interval '23:55', p.id, p.team, p.title, jsonb_build_object('person_name', p.name, 'step', 0),
  opened + interval '23:57',
  opened + interval '1 day', opened + interval '1 day', opened + interval '1 day 15 minutes',
  opened + interval '1 day 20 minutes'
FROM life JOIN person p ON p.id = life.person WHERE course = 'served'
"""
_OFFER = """
INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at, answered_at)
SELECT call, nth, CASE nth WHEN 2 THEN person ELSE (SELECT min(id) FROM person WHERE team IS NOT NULL) + n %% 20 END,
  n + 1000, CASE nth WHEN 2 THEN 'done' ELSE 'declined' END, %(why)s, opened + interval '23:55' + nth * interval '20 s',
  opened + interval '23:56' + nth * interval '20 s', opened + interval '23:55:10' + nth * interval '20 s'
FROM life, generate_series(1, 2) nth WHERE course = 'served'
"""
_ROUND = """
INSERT INTO round (id, at, calls, offers, took_ms)
SELECT n + 1000, opened + interval '23:55', 1, 2, 12 FROM life WHERE course = 'served'
"""
_WRAP_UP = """
INSERT INTO wrap_up (call, resolved, cause, product_area, note, person, at)
SELECT call, CASE n %% 4 WHEN 0 THEN 'no' ELSE 'yes' END, 'worn impeller', 'engine', 'Replaced it together.', person,
  opened + interval '1 day 20 minutes' FROM life WHERE course = 'served'
"""
_RATING = """
INSERT INTO rating (call, escalation, score, comment, at)
SELECT call, id, 1 + n %% 5, 'Quick and friendly.', opened + interval '2 days'
FROM life WHERE course = 'served' AND n %% 2 = 0
"""
_SURVEY = """
INSERT INTO survey (call, token_hash, asked_at, expires_at)
SELECT call, sha256(('survey/' || n)::bytea), opened + interval '26 hours', opened + interval '9 days'
FROM life WHERE course = 'served'
"""
_EVENT = """
INSERT INTO escalation_event (escalation, seq, kind, body, actor, key, at, told_at)
SELECT id, nth, CASE WHEN kind = 'survey_reminded' AND n %% 40 = 2 THEN 'customer_missed'
    WHEN kind = 'survey_reminded' AND n %% 40 = 3 THEN 'nobody_available'
    WHEN kind = 'moved' AND n %% 1000 = 7 THEN 'repaired' ELSE kind END,
  jsonb_build_object('call_id', call, 'person', person, 'starts_at', opened + interval '1 day'),
  CASE WHEN nth < 4 THEN 'customer' ELSE 'muster' END, CASE WHEN nth %% 3 = 0 THEN kind || '/' || nth END, at,
  CASE course WHEN 'open' THEN NULL ELSE at + interval '100 ms' END
FROM (SELECT life.*, kind, nth, opened + CASE WHEN nth < 4 THEN nth * interval '10 minutes'
    WHEN nth < 18 THEN interval '23:50' + nth * interval '1 minute' ELSE nth * interval '3 hours' END AS at
  FROM life, unnest(CASE course WHEN 'served' THEN %(served)s::text[] WHEN 'expired' THEN %(expired)s::text[]
    ELSE %(still_open)s::text[] END) WITH ORDINALITY AS u(kind, nth)) happened
ORDER BY at
"""
_MESSAGE = """
INSERT INTO message (id, escalation, key, channel, kind, recipient, params, state, attempts, created_at,
  next_attempt_at, sent_at)
SELECT uuid(md5('message/' || n || '/' || nth)), id, kind || '/' || nth, 'mail', kind,
  'customer' || customer || '@customer.example', jsonb_build_object('call', call, 'link', 1),
  CASE WHEN n %% 500 = 1 AND nth = 2 THEN 'failed' ELSE 'sent' END, 1, at, at, at + interval '1 s'
FROM (SELECT life.*, kind, nth, opened + nth * interval '5 hours' AS at
  FROM life, unnest(CASE course WHEN 'served' THEN %(letters)s::text[] WHEN 'expired' THEN (%(letters)s::text[])[:2]
    ELSE (%(letters)s::text[])[:1] END) WITH ORDINALITY AS u(kind, nth)) sent
ORDER BY at
"""
_KEY = """
INSERT INTO request_key (scope, key, fingerprint, escalation, at)
SELECT 'api:bench', 'key-' || n, md5('request/' || n) || md5('request'), id, opened FROM life WHERE n %% 2 = 0
"""
_RECEIVED = """
INSERT INTO webhook_received (source, event, fingerprint, answer, at)
SELECT 'zendesk', 'event-' || n, md5('hook/' || n), '{"opened": true}', opened FROM life WHERE n %% 2 = 1
"""
_SESSION = """
INSERT INTO session (token_hash, person, began_at, expires_at)
SELECT sha256(('session/' || n)::bytea), person, opened, opened + interval '12 hours' FROM life WHERE n %% 10 = 0
"""

_STATEMENTS = (_ESCALATION, _LINK, _BOOKING, _CALL, _ROUND, _OFFER, _WRAP_UP, _RATING, _SURVEY, _EVENT, _MESSAGE)
_ASIDE = (_KEY, _RECEIVED, _SESSION)
_WHY = {
    "pool": "the team Frontline",
    "values": ["0 calls today", "idle for 2 hours"],
    "considered": [{"person": 7, "values": ["1 call today"], "after": "more calls today"}] * 4,
    "excluded": [{"person": number, "why": "not on shift"} for number in range(20)],
}
_CUSTOMERS = """
INSERT INTO customer (id, email, name) SELECT n, 'customer' || n || '@customer.example', 'Customer ' || n
FROM generate_series(1, 4000) n ON CONFLICT DO NOTHING
"""


def lives_of(events: int) -> int:
    """How many lives have about this many events."""
    per_life = (4 * len(SERVED) + len(EXPIRED)) / 5
    return OPEN + round(events / per_life)


def fill(conn: psycopg.Connection[tuple[object, ...]], events: int, pattern: str) -> None:
    """Write lives with about ``events`` events, all like the escalation ``pattern``. Continues where it stopped."""
    lives = lives_of(events)
    conn.execute("SET session_replication_role = replica")
    conn.execute("SET synchronous_commit = off")
    conn.execute("CREATE TABLE IF NOT EXISTS bench_progress (lives int NOT NULL)")
    conn.execute(_CUSTOMERS)
    conn.commit()
    done = conn.execute("SELECT coalesce(max(lives), 0) FROM bench_progress").fetchone()
    assert done is not None
    values = {"lives": lives, "open": OPEN, "a_day": LIVES_A_DAY, "pattern": pattern, "why": Jsonb(_WHY)}
    lists = {"served": SERVED, "expired": EXPIRED, "still_open": STILL_OPEN, "letters": LETTERS}
    values |= {name: list(kinds) for name, kinds in lists.items()}
    for first in range(int(str(done[0])), lives, PORTION):
        last = min(first + PORTION, lives)
        conn.execute(_LIFE, values | {"first": first, "last": last - 1})
        for statement in (*_STATEMENTS, *_ASIDE):
            conn.execute(statement, values)
        conn.execute("INSERT INTO bench_progress VALUES (%s)", (last,))
        conn.commit()
    conn.execute("SELECT setval('booking_id_seq', max(id)) FROM booking")
    conn.execute("SELECT setval('customer_link_id_seq', max(id)) FROM customer_link")
    conn.execute("SELECT setval('round_id_seq', max(id)) FROM round")
    conn.execute("SELECT setval('customer_id_seq', max(id)) FROM customer")
    conn.commit()

-- The foundation: every table of the first release. Written once; later changes come as later migrations.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE api_token (
  token_hash BYTEA NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT[] NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT api_token_pkey PRIMARY KEY (token_hash),
  CONSTRAINT api_token_name_key UNIQUE (name)
);

CREATE TABLE audit_entry (
  id BIGSERIAL NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  body JSONB DEFAULT '{}' NOT NULL,
  CONSTRAINT audit_entry_pkey PRIMARY KEY (id)
);

CREATE TABLE customer (
  id BIGSERIAL NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  time_zone TEXT DEFAULT '' NOT NULL,
  language TEXT DEFAULT '' NOT NULL,
  CONSTRAINT customer_pkey PRIMARY KEY (id),
  CONSTRAINT customer_email_key UNIQUE (email)
);

CREATE TABLE desk (
  id SERIAL NOT NULL,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  currency TEXT NOT NULL,
  holidays JSONB DEFAULT '[]' NOT NULL,
  facts JSONB DEFAULT '[]' NOT NULL,
  ruleset TEXT,
  directory_version INTEGER DEFAULT 1 NOT NULL,
  CONSTRAINT desk_pkey PRIMARY KEY (id)
);

CREATE TABLE round (
  id BIGSERIAL NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  calls INTEGER NOT NULL,
  offers INTEGER NOT NULL,
  took_ms INTEGER NOT NULL,
  CONSTRAINT round_pkey PRIMARY KEY (id)
);

CREATE TABLE skill (
  id SERIAL NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT skill_pkey PRIMARY KEY (id),
  CONSTRAINT skill_name_key UNIQUE (name)
);

CREATE TABLE title (
  id SERIAL NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT title_pkey PRIMARY KEY (id),
  CONSTRAINT title_name_key UNIQUE (name)
);

CREATE TABLE webhook_received (
  source TEXT NOT NULL,
  event TEXT NOT NULL,
  fingerprint TEXT DEFAULT '' NOT NULL,
  answer JSONB,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT webhook_received_pkey PRIMARY KEY (source, event)
);

CREATE TABLE webhook_source (
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  secret TEXT NOT NULL,
  CONSTRAINT webhook_source_pkey PRIMARY KEY (name)
);

CREATE TABLE witness (
  booking BIGINT NOT NULL,
  pool BIGINT NOT NULL,
  person INTEGER NOT NULL,
  during TSTZRANGE NOT NULL,
  day DATE NOT NULL,
  nth SMALLINT NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT witness_pkey PRIMARY KEY (booking)
);

CREATE INDEX witness_day_idx ON witness (day, version);

CREATE TABLE words (
  ref UUID NOT NULL,
  text TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT words_pkey PRIMARY KEY (ref)
);

CREATE TABLE desk_day (
  desk INTEGER NOT NULL,
  day DATE NOT NULL,
  version BIGINT DEFAULT 0 NOT NULL,
  CONSTRAINT desk_day_pkey PRIMARY KEY (desk, day),
  CONSTRAINT desk_day_desk_fkey FOREIGN KEY(desk) REFERENCES desk (id)
);

CREATE TABLE pool (
  id BIGSERIAL NOT NULL,
  desk INTEGER NOT NULL,
  key TEXT NOT NULL,
  definition JSONB NOT NULL,
  description TEXT NOT NULL,
  CONSTRAINT pool_pkey PRIMARY KEY (id),
  CONSTRAINT pool_desk_key_key UNIQUE (desk, key),
  CONSTRAINT pool_desk_fkey FOREIGN KEY(desk) REFERENCES desk (id)
);

CREATE TABLE ruleset (
  desk INTEGER NOT NULL,
  version TEXT NOT NULL,
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  author TEXT NOT NULL,
  reason TEXT NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT ruleset_pkey PRIMARY KEY (desk, number),
  CONSTRAINT ruleset_desk_fkey FOREIGN KEY(desk) REFERENCES desk (id)
);

CREATE TABLE team (
  id SERIAL NOT NULL,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  lead_title INTEGER,
  CONSTRAINT team_pkey PRIMARY KEY (id),
  CONSTRAINT team_name_key UNIQUE (name),
  CONSTRAINT team_lead_title_fkey FOREIGN KEY(lead_title) REFERENCES title (id)
);

CREATE TABLE escalation (
  id UUID NOT NULL,
  desk INTEGER NOT NULL,
  ticket_system TEXT NOT NULL,
  ticket_id TEXT NOT NULL,
  ticket_url TEXT NOT NULL,
  subject TEXT NOT NULL,
  facts JSONB NOT NULL,
  customer BIGINT NOT NULL,
  mode TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  priority INTEGER DEFAULT 0 NOT NULL,
  plan JSONB NOT NULL,
  ruleset TEXT NOT NULL,
  rule TEXT NOT NULL,
  pool BIGINT,
  team INTEGER,
  opened_by TEXT NOT NULL,
  seq INTEGER DEFAULT 0 NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT escalation_pkey PRIMARY KEY (id),
  CONSTRAINT escalation_desk_fkey FOREIGN KEY(desk) REFERENCES desk (id),
  CONSTRAINT escalation_customer_fkey FOREIGN KEY(customer) REFERENCES customer (id),
  CONSTRAINT escalation_pool_fkey FOREIGN KEY(pool) REFERENCES pool (id),
  CONSTRAINT escalation_team_fkey FOREIGN KEY(team) REFERENCES team (id)
);

CREATE INDEX escalation_customer_idx ON escalation (customer);

CREATE UNIQUE INDEX escalation_open_ticket ON escalation (desk, ticket_system, ticket_id) WHERE state IN ('invited', 'booked', 'mustering', 'accepted', 'on_call', 'wrapping_up');

CREATE INDEX escalation_opened_at ON escalation (opened_at, id);

CREATE INDEX escalation_opened_by ON escalation (opened_by, opened_at);

CREATE INDEX escalation_state_updated ON escalation (state, updated_at);

CREATE TABLE person (
  id SERIAL NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  team INTEGER,
  title INTEGER,
  languages TEXT[] DEFAULT '{}' NOT NULL,
  roles TEXT[] DEFAULT '{}' NOT NULL,
  password_hash TEXT,
  active BOOLEAN DEFAULT true NOT NULL,
  CONSTRAINT person_pkey PRIMARY KEY (id),
  CONSTRAINT person_email_key UNIQUE (email),
  CONSTRAINT person_team_fkey FOREIGN KEY(team) REFERENCES team (id),
  CONSTRAINT person_title_fkey FOREIGN KEY(title) REFERENCES title (id)
);

CREATE TABLE customer_link (
  id BIGSERIAL NOT NULL,
  escalation UUID NOT NULL,
  nth SMALLINT NOT NULL,
  token_hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  priority BOOLEAN DEFAULT false NOT NULL,
  issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT customer_link_pkey PRIMARY KEY (id),
  CONSTRAINT customer_link_escalation_nth_key UNIQUE (escalation, nth),
  CONSTRAINT customer_link_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id),
  CONSTRAINT customer_link_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE escalation_event (
  id BIGSERIAL NOT NULL,
  escalation UUID NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body JSONB NOT NULL,
  actor TEXT NOT NULL,
  key TEXT,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  told_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT escalation_event_pkey PRIMARY KEY (id),
  CONSTRAINT escalation_event_escalation_seq_key UNIQUE (escalation, seq),
  CONSTRAINT escalation_event_escalation_key_key UNIQUE (escalation, key),
  CONSTRAINT escalation_event_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id)
);

CREATE INDEX escalation_event_kind_at ON escalation_event (kind, at);

CREATE INDEX escalation_event_untold ON escalation_event (id) WHERE told_at IS NULL;

CREATE TABLE message (
  id UUID NOT NULL,
  escalation UUID NOT NULL,
  key TEXT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  params JSONB NOT NULL,
  state TEXT DEFAULT 'queued' NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  last_error TEXT DEFAULT '' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT message_pkey PRIMARY KEY (id),
  CONSTRAINT message_escalation_key_key UNIQUE (escalation, key),
  CONSTRAINT message_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id)
);

CREATE INDEX message_due ON message (next_attempt_at) WHERE state = 'queued';

CREATE TABLE person_skill (
  person INTEGER NOT NULL,
  skill INTEGER NOT NULL,
  level SMALLINT NOT NULL,
  CONSTRAINT person_skill_pkey PRIMARY KEY (person, skill),
  CONSTRAINT person_skill_person_fkey FOREIGN KEY(person) REFERENCES person (id),
  CONSTRAINT person_skill_skill_fkey FOREIGN KEY(skill) REFERENCES skill (id)
);

CREATE TABLE pool_agent (
  pool BIGINT NOT NULL,
  person INTEGER NOT NULL,
  CONSTRAINT pool_agent_pkey PRIMARY KEY (pool, person),
  CONSTRAINT pool_agent_pool_fkey FOREIGN KEY(pool) REFERENCES pool (id),
  CONSTRAINT pool_agent_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE INDEX pool_agent_person_idx ON pool_agent (person);

CREATE TABLE presence (
  person INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT DEFAULT '' NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT presence_pkey PRIMARY KEY (person),
  CONSTRAINT presence_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE TABLE request_key (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  escalation UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT request_key_pkey PRIMARY KEY (scope, key),
  CONSTRAINT request_key_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id)
);

CREATE TABLE session (
  token_hash BYTEA NOT NULL,
  person INTEGER NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT session_pkey PRIMARY KEY (token_hash),
  CONSTRAINT session_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE INDEX session_person_idx ON session (person);

CREATE TABLE shift (
  person INTEGER NOT NULL,
  during TSTZRANGE NOT NULL,
  CONSTRAINT shift_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE TABLE sign_in_link (
  token_hash BYTEA NOT NULL,
  person INTEGER NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT sign_in_link_pkey PRIMARY KEY (token_hash),
  CONSTRAINT sign_in_link_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE TABLE weekly_shift (
  id SERIAL NOT NULL,
  person INTEGER NOT NULL,
  days SMALLINT[] NOT NULL,
  start_minute SMALLINT NOT NULL,
  end_minute SMALLINT NOT NULL,
  time_zone TEXT NOT NULL,
  CONSTRAINT weekly_shift_pkey PRIMARY KEY (id),
  CONSTRAINT weekly_shift_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE INDEX weekly_shift_person_idx ON weekly_shift (person);

CREATE TABLE booking (
  id BIGSERIAL NOT NULL,
  escalation UUID NOT NULL,
  link BIGINT NOT NULL,
  pool BIGINT NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  seconds INTEGER NOT NULL,
  occupies TSTZRANGE NOT NULL,
  state TEXT DEFAULT 'sold' NOT NULL,
  sequence INTEGER DEFAULT 0 NOT NULL,
  witness_of BIGINT GENERATED ALWAYS AS (case when state = 'sold' then id end) STORED,
  booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT booking_pkey PRIMARY KEY (id),
  CONSTRAINT booking_id_pool_key UNIQUE (id, pool),
  CONSTRAINT booking_id_occupies_key UNIQUE (id, occupies),
  CONSTRAINT booking_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id),
  CONSTRAINT booking_link_fkey FOREIGN KEY(link) REFERENCES customer_link (id),
  CONSTRAINT booking_pool_fkey FOREIGN KEY(pool) REFERENCES pool (id)
);

CREATE INDEX booking_escalation_idx ON booking (escalation);

CREATE UNIQUE INDEX booking_one_a_link ON booking (link);

CREATE TABLE call (
  id UUID NOT NULL,
  escalation UUID NOT NULL,
  nth SMALLINT NOT NULL,
  booking BIGINT,
  state TEXT NOT NULL,
  priority INTEGER DEFAULT 0 NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE,
  muster_at TIMESTAMP WITH TIME ZONE NOT NULL,
  search_began_at TIMESTAMP WITH TIME ZONE,
  step SMALLINT DEFAULT 0 NOT NULL,
  skipped INTEGER DEFAULT 0 NOT NULL,
  step_at TIMESTAMP WITH TIME ZONE,
  room TEXT DEFAULT '' NOT NULL,
  person INTEGER,
  team INTEGER,
  title INTEGER,
  attribution JSONB,
  accepted_at TIMESTAMP WITH TIME ZONE,
  customer_joined_at TIMESTAMP WITH TIME ZONE,
  agent_joined_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  wrapped_up_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT call_pkey PRIMARY KEY (id),
  CONSTRAINT call_escalation_nth_key UNIQUE (escalation, nth),
  CONSTRAINT call_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id),
  CONSTRAINT call_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id),
  CONSTRAINT call_person_fkey FOREIGN KEY(person) REFERENCES person (id),
  CONSTRAINT call_team_fkey FOREIGN KEY(team) REFERENCES team (id),
  CONSTRAINT call_title_fkey FOREIGN KEY(title) REFERENCES title (id)
);

CREATE INDEX call_due ON call (muster_at) WHERE state = 'waiting';

CREATE INDEX call_person_accepted ON call (person, accepted_at);

CREATE TABLE join_link (
  token_hash BYTEA NOT NULL,
  call UUID NOT NULL,
  side TEXT NOT NULL,
  person INTEGER,
  CONSTRAINT join_link_pkey PRIMARY KEY (token_hash),
  CONSTRAINT join_link_call_fkey FOREIGN KEY(call) REFERENCES call (id),
  CONSTRAINT join_link_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE INDEX join_link_call_idx ON join_link (call);

CREATE TABLE offer (
  call UUID NOT NULL,
  nth SMALLINT NOT NULL,
  person INTEGER NOT NULL,
  round BIGINT NOT NULL,
  state TEXT NOT NULL,
  step SMALLINT DEFAULT 0 NOT NULL,
  why JSONB NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT offer_pkey PRIMARY KEY (call, nth),
  CONSTRAINT offer_call_fkey FOREIGN KEY(call) REFERENCES call (id),
  CONSTRAINT offer_person_fkey FOREIGN KEY(person) REFERENCES person (id),
  CONSTRAINT offer_round_fkey FOREIGN KEY(round) REFERENCES round (id)
);

CREATE INDEX offer_expiry ON offer (expires_at) WHERE state = 'offered';

CREATE UNIQUE INDEX offer_live_agent ON offer (person) WHERE state IN ('offered', 'accepted');

CREATE UNIQUE INDEX offer_live_call ON offer (call) WHERE state IN ('offered', 'accepted');

CREATE INDEX offer_person_made ON offer (person, made_at);

CREATE INDEX offer_round ON offer (round);

CREATE TABLE rating (
  call UUID NOT NULL,
  escalation UUID NOT NULL,
  score SMALLINT NOT NULL,
  comment TEXT DEFAULT '' NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT rating_pkey PRIMARY KEY (call),
  CONSTRAINT rating_call_fkey FOREIGN KEY(call) REFERENCES call (id),
  CONSTRAINT rating_escalation_fkey FOREIGN KEY(escalation) REFERENCES escalation (id)
);

CREATE INDEX rating_escalation_idx ON rating (escalation);

CREATE TABLE survey (
  call UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT survey_pkey PRIMARY KEY (call),
  CONSTRAINT survey_call_fkey FOREIGN KEY(call) REFERENCES call (id),
  CONSTRAINT survey_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE wrap_up (
  call UUID NOT NULL,
  resolved TEXT NOT NULL,
  cause TEXT DEFAULT '' NOT NULL,
  product_area TEXT DEFAULT '' NOT NULL,
  gap TEXT DEFAULT '' NOT NULL,
  follow_up TEXT DEFAULT '' NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  person INTEGER NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT wrap_up_pkey PRIMARY KEY (call),
  CONSTRAINT wrap_up_call_fkey FOREIGN KEY(call) REFERENCES call (id),
  CONSTRAINT wrap_up_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

-- Shifts never overlap, so that a witness can hold a temporal foreign key to them.
ALTER TABLE shift ADD CONSTRAINT shift_pkey PRIMARY KEY (person, during WITHOUT OVERLAPS);

-- A sold booking has a witness, and the witness is eligible, on shift throughout, alone, and under the cap.
ALTER TABLE booking ADD CONSTRAINT booking_state_check CHECK (state IN ('sold', 'at_risk', 'done', 'cancelled'));
ALTER TABLE witness
  ADD CONSTRAINT witness_same_pool FOREIGN KEY (booking, pool) REFERENCES booking (id, pool)
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT witness_same_time FOREIGN KEY (booking, during) REFERENCES booking (id, occupies)
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT witness_in_pool FOREIGN KEY (pool, person) REFERENCES pool_agent (pool, person)
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT witness_on_shift FOREIGN KEY (person, PERIOD during) REFERENCES shift (person, PERIOD during)
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT witness_one_call EXCLUDE USING gist (person WITH =, during WITH &&)
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT witness_day_cap UNIQUE (person, day, nth) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT witness_nth_check CHECK (nth BETWEEN 1 AND 99);
ALTER TABLE booking ADD CONSTRAINT booking_has_witness FOREIGN KEY (witness_of) REFERENCES witness (booking)
  DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE offer ADD CONSTRAINT offer_state_check
  CHECK (state IN ('offered', 'accepted', 'declined', 'expired', 'withdrawn', 'missed', 'done'));
ALTER TABLE rating ADD CONSTRAINT rating_score_check CHECK (score BETWEEN 1 AND 5);

-- The timeline is append-only: nothing but "the workflow was told" may change, nothing may go.
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'told_at' = to_jsonb(OLD) - 'told_at' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER escalation_event_append_only BEFORE UPDATE OR DELETE ON escalation_event
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

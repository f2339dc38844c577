-- Seats re-shuffled: the limits that each witness keeps to, which may not move, and arrangements found ahead.

CREATE TABLE seat_terms (
  id SERIAL NOT NULL,
  terms JSONB NOT NULL,
  CONSTRAINT seat_terms_pkey PRIMARY KEY (id),
  CONSTRAINT seat_terms_terms_key UNIQUE (terms)
);

ALTER TABLE witness
  ADD COLUMN terms INTEGER,
  ADD COLUMN pinned BOOLEAN DEFAULT false NOT NULL,
  ADD CONSTRAINT witness_terms_fkey FOREIGN KEY (terms) REFERENCES seat_terms (id);

-- Whoever reads seats from memory sees here whether people, pools or shifts have changed since.
CREATE TABLE roster (
  id SMALLINT DEFAULT 1 NOT NULL,
  version BIGINT DEFAULT 0 NOT NULL,
  CONSTRAINT roster_pkey PRIMARY KEY (id),
  CONSTRAINT roster_one_row CHECK (id = 1)
);
INSERT INTO roster DEFAULT VALUES;

CREATE FUNCTION roster_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE roster SET version = version + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER shift_changes_roster AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON shift
  FOR EACH STATEMENT EXECUTE FUNCTION roster_changed();
CREATE TRIGGER pool_agent_changes_roster AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pool_agent
  FOR EACH STATEMENT EXECUTE FUNCTION roster_changed();
CREATE TRIGGER person_changes_roster AFTER UPDATE OF team, title, active ON person
  FOR EACH STATEMENT EXECUTE FUNCTION roster_changed();

-- A start that can be sold if these witnesses move: found by the solver, checked again whenever it is used.
CREATE TABLE seat_room (
  pool BIGINT NOT NULL,
  terms INTEGER NOT NULL,
  occupies TSTZRANGE NOT NULL,
  day DATE NOT NULL,
  person INTEGER NOT NULL,
  moves JSONB NOT NULL,
  found_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT seat_room_pkey PRIMARY KEY (pool, terms, occupies),
  CONSTRAINT seat_room_pool_fkey FOREIGN KEY (pool) REFERENCES pool (id) ON DELETE CASCADE,
  CONSTRAINT seat_room_terms_fkey FOREIGN KEY (terms) REFERENCES seat_terms (id)
);
CREATE INDEX seat_room_day_idx ON seat_room (day);

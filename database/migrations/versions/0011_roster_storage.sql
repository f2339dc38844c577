-- The one row of `roster` is counted up once a transaction, however many rows it changes, and its table stays a page.
CREATE OR REPLACE FUNCTION roster_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Nobody else sees the counts between: what this transaction has counted up already stays as it is.
  UPDATE roster SET version = version + 1 WHERE xmin::text <> pg_current_xact_id()::xid::text;
  RETURN NULL;
END $$;
ALTER TABLE roster SET (fillfactor = 10, autovacuum_vacuum_threshold = 20, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE desk_day SET (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

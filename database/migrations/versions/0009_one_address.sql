-- A mail address belongs to one person, however it is written.
DO $$
DECLARE twice text;
BEGIN
  SELECT string_agg(DISTINCT lower(email), ', ' ORDER BY lower(email)) INTO twice
  FROM person WHERE lower(email) IN (SELECT lower(email) FROM person GROUP BY lower(email) HAVING count(*) > 1);
  IF twice IS NOT NULL THEN
    RAISE EXCEPTION 'Several people have one mail address, but for capitals: %. Change all but one of each in the directory of the release before this one, and start again.', twice;
  END IF;
END $$;
CREATE UNIQUE INDEX person_email_lower_key ON person (lower(email));

-- The whole of the working time that a shift is a piece of; null where it is all of it.
ALTER TABLE shift ADD COLUMN works TSTZRANGE, ADD CONSTRAINT shift_within_works CHECK (works @> during);

-- Shifts: dates on weekly hours, single days, time off, time kept free of calls, calendars read in and given out.

ALTER TABLE weekly_shift ADD COLUMN starts_on DATE, ADD COLUMN ends_on DATE;

ALTER TABLE desk ADD COLUMN holiday_region TEXT DEFAULT '' NOT NULL;

CREATE TABLE person_schedule (
  person INTEGER NOT NULL,
  holidays TEXT DEFAULT 'desk' NOT NULL,
  feed_nth INTEGER DEFAULT 0 NOT NULL,
  feed_hash BYTEA,
  edited_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT person_schedule_pkey PRIMARY KEY (person),
  CONSTRAINT person_schedule_person_fkey FOREIGN KEY(person) REFERENCES person (id),
  CONSTRAINT person_schedule_feed_hash_key UNIQUE (feed_hash)
);

CREATE TABLE day_change (
  id SERIAL NOT NULL,
  person INTEGER NOT NULL,
  day DATE NOT NULL,
  kind TEXT NOT NULL,
  start_minute SMALLINT NOT NULL,
  end_minute SMALLINT NOT NULL,
  time_zone TEXT NOT NULL,
  CONSTRAINT day_change_pkey PRIMARY KEY (id),
  CONSTRAINT day_change_person_fkey FOREIGN KEY(person) REFERENCES person (id),
  CONSTRAINT day_change_kind_check CHECK (kind IN ('instead', 'also', 'off'))
);

CREATE INDEX day_change_person_day ON day_change (person, day);

CREATE TABLE time_off (
  id SERIAL NOT NULL,
  person INTEGER NOT NULL,
  kind TEXT NOT NULL,
  during TSTZRANGE NOT NULL,
  key TEXT,
  said_by TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT time_off_pkey PRIMARY KEY (id),
  CONSTRAINT time_off_person_key_key UNIQUE (person, key),
  CONSTRAINT time_off_person_fkey FOREIGN KEY(person) REFERENCES person (id),
  CONSTRAINT time_off_kind_check CHECK (kind IN ('leave', 'sick', 'other')),
  CONSTRAINT time_off_during_check CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during))
);

CREATE INDEX time_off_person_idx ON time_off (person);

CREATE TABLE kept_free (
  id SERIAL NOT NULL,
  person INTEGER NOT NULL,
  what TEXT NOT NULL,
  days SMALLINT[] NOT NULL,
  start_minute SMALLINT NOT NULL,
  end_minute SMALLINT NOT NULL,
  time_zone TEXT NOT NULL,
  starts_on DATE,
  ends_on DATE,
  CONSTRAINT kept_free_pkey PRIMARY KEY (id),
  CONSTRAINT kept_free_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE INDEX kept_free_person_idx ON kept_free (person);

-- A calendar that is read in. Of its content only times are kept, never words.
CREATE TABLE calendar_feed (
  id SERIAL NOT NULL,
  person INTEGER NOT NULL,
  name TEXT NOT NULL,
  url TEXT DEFAULT '' NOT NULL,
  content BYTEA,
  content_hash TEXT DEFAULT '' NOT NULL,
  etag TEXT DEFAULT '' NOT NULL,
  error TEXT DEFAULT '' NOT NULL,
  failures INTEGER DEFAULT 0 NOT NULL,
  added_at TIMESTAMP WITH TIME ZONE NOT NULL,
  read_at TIMESTAMP WITH TIME ZONE,
  laid_out_until TIMESTAMP WITH TIME ZONE,
  next_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT calendar_feed_pkey PRIMARY KEY (id),
  CONSTRAINT calendar_feed_person_fkey FOREIGN KEY(person) REFERENCES person (id)
);

CREATE INDEX calendar_feed_person_idx ON calendar_feed (person);

CREATE INDEX calendar_feed_next ON calendar_feed (next_at);

CREATE TABLE calendar_busy (
  feed INTEGER NOT NULL,
  during TSTZRANGE NOT NULL,
  CONSTRAINT calendar_busy_pkey PRIMARY KEY (feed, during),
  CONSTRAINT calendar_busy_feed_fkey FOREIGN KEY(feed) REFERENCES calendar_feed (id) ON DELETE CASCADE
);

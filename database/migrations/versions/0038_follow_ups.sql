-- A customer who gave a low score wants to be called back: owned by a title, until one of its people marks it as done.
-- It references no other table, so that creating it locks none.
CREATE TABLE follow_up (
  call UUID NOT NULL,
  escalation UUID NOT NULL,
  title INTEGER,
  team INTEGER,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  alerted_at TIMESTAMP WITH TIME ZONE,
  done_at TIMESTAMP WITH TIME ZONE,
  done_by INTEGER,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT follow_up_pkey PRIMARY KEY (call),
  CONSTRAINT follow_up_done_check CHECK ((done_at IS NULL) = (done_by IS NULL))
);
CREATE INDEX follow_up_escalation ON follow_up (escalation);
CREATE INDEX follow_up_open ON follow_up (due_at) WHERE done_at IS NULL;

-- Unlogged: what two pages send each other to connect is worth nothing after a crash, and is never to be kept.
CREATE UNLOGGED TABLE call_peer (
  call UUID NOT NULL,
  side TEXT NOT NULL,
  page TEXT NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  left_at TIMESTAMP WITH TIME ZONE,
  lost_at TIMESTAMP WITH TIME ZONE,
  times_lost SMALLINT NOT NULL DEFAULT 0,
  CONSTRAINT call_peer_pkey PRIMARY KEY (call, side),
  CONSTRAINT call_peer_side_check CHECK (side IN ('customer', 'agent'))
) WITH (fillfactor = 50);
CREATE INDEX call_peer_seen ON call_peer (seen_at);

CREATE UNLOGGED TABLE call_signal (
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  call UUID NOT NULL,
  to_side TEXT NOT NULL,
  from_page TEXT NOT NULL,
  to_page TEXT NOT NULL,
  body TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT call_signal_pkey PRIMARY KEY (id),
  CONSTRAINT call_signal_to_side_check CHECK (to_side IN ('customer', 'agent')),
  CONSTRAINT call_signal_body_check CHECK (length(body) <= 65536)
);
CREATE INDEX call_signal_call ON call_signal (call, id);
CREATE INDEX call_signal_at ON call_signal (at);

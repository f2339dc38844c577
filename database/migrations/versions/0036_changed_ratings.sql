-- One rating counts, the last. The first stays beside it once it was changed.
ALTER TABLE rating
  ADD COLUMN revision SMALLINT NOT NULL DEFAULT 1,
  ADD COLUMN first_score SMALLINT,
  ADD COLUMN first_comment TEXT,
  ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE,
  ADD CONSTRAINT rating_changed_check CHECK ((revision > 1) = (first_score IS NOT NULL AND changed_at IS NOT NULL));

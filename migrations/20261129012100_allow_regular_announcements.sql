-- A further choice of announcements: each change, and at intervals that a job still runs.
ALTER TABLE users DROP CONSTRAINT users_announce_check;
ALTER TABLE users ADD CONSTRAINT users_announce_check CHECK (announce IN ('all', 'regular', 'ends', 'none'));
COMMENT ON COLUMN users.announce IS 'Changes of a job that a screen reader announces: all; those and every 30 seconds that it still runs (regular); only the end (ends); none.';

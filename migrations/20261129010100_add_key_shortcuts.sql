-- A person can turn the keys of pages off, which a speech program or a slip of the hand may press.
ALTER TABLE users ADD COLUMN keys text NOT NULL DEFAULT 'on' CHECK (keys IN ('on', 'off'));
COMMENT ON COLUMN users.keys IS 'Whether a single key, such as / for the search, acts on a page: on or off.';

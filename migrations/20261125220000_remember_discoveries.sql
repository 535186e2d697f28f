-- When a server was last asked for its tools, what came of it, and which tools came and went with which look. What changed
-- in a tool is read from its versions: those of one look carry its moment.

ALTER TABLE connectors
    ADD COLUMN looked_at timestamptz,
    ADD COLUMN look_failure text,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN news_at timestamptz;
COMMENT ON COLUMN connectors.looked_at IS 'When its server was last asked for its tools anew; null: not since it was added. Claimed before the server is asked, so it also bounds how often that is.';
COMMENT ON COLUMN connectors.look_failure IS 'What went wrong with that look, in words; null: nothing.';
COMMENT ON COLUMN connectors.changed_at IS 'The last look that found its tools changed; null: none since it was added.';
COMMENT ON COLUMN connectors.news_at IS 'When the server said that its tools have changed, until a look has followed.';

ALTER TABLE connector_tools
    ADD COLUMN returned_at timestamptz,
    ADD COLUMN removed_at timestamptz;
COMMENT ON COLUMN connector_tools.returned_at IS 'The look that found it listed again after it had been removed; null: it never went.';
COMMENT ON COLUMN connector_tools.removed_at IS 'The look that no longer found it; null: it is listed.';
UPDATE connector_tools SET removed_at = created_at WHERE NOT is_active;

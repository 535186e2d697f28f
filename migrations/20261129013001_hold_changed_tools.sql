-- A changed definition of a known tool is held back until its owner has seen and accepted it.

ALTER TABLE connector_tools
    ADD COLUMN pending_version_id uuid,
    -- what a version says is read from the version
    DROP COLUMN description,
    DROP COLUMN schema;
CREATE INDEX connector_tools_pending ON connector_tools (owner_id, connector_id) WHERE pending_version_id IS NOT NULL AND is_active;
COMMENT ON TABLE connector_tools IS 'Tools. A job runs the version of its tool that was accepted when the job was.';
COMMENT ON COLUMN connector_tools.current_version_id IS 'Version that a new job runs: the first, or the latest that the owner accepted.';
COMMENT ON COLUMN connector_tools.pending_version_id IS 'Version that the server offers and the owner has not accepted, so that the tool does not run; null: the server offers the current one.';
COMMENT ON COLUMN connector_tool_versions.definition_hash IS 'SHA-256 of name, title, description, schemas and annotations, with the members of JSON objects in the order of their names. Versions of former releases kept the order of the server.';

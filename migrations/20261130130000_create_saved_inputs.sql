-- Values of a tool that a person keeps under a name.
CREATE TABLE saved_inputs (
    owner_id        uuid NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    connector_id    uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    tool_name       text NOT NULL,
    tool_version_id uuid NOT NULL,
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    input           text NOT NULL,
    saved_at        timestamptz NOT NULL,
    PRIMARY KEY (owner_id, id)
);
CREATE UNIQUE INDEX saved_inputs_name ON saved_inputs (owner_id, user_id, connector_id, tool_name, lower(name));
CREATE INDEX saved_inputs_by_user ON saved_inputs (user_id);
CREATE INDEX saved_inputs_by_connector ON saved_inputs (connector_id);
COMMENT ON TABLE saved_inputs IS 'Values of a tool under a name. Only the person who saved them sees them, in an organisation too.';
COMMENT ON COLUMN saved_inputs.owner_id IS 'Owner in whose space the tool is used.';
COMMENT ON COLUMN saved_inputs.id IS 'Key.';
COMMENT ON COLUMN saved_inputs.user_id IS 'Person who saved the values.';
COMMENT ON COLUMN saved_inputs.connector_id IS 'Connector of the tool.';
COMMENT ON COLUMN saved_inputs.tool_name IS 'Name of the tool.';
COMMENT ON COLUMN saved_inputs.tool_version_id IS 'Version of the tool when the values were saved.';
COMMENT ON COLUMN saved_inputs.name IS 'Name that the person chose; unique among their values of the tool, whatever the case of its letters.';
COMMENT ON COLUMN saved_inputs.input IS 'The values as JSON text. A mask stands in place of each secret, which is not stored.';
COMMENT ON COLUMN saved_inputs.saved_at IS 'Time of the last change.';
SELECT own_by('saved_inputs');

-- Tools that a discovery finds belong to the owner who discovered them, also at a connector that is shipped with the hub. What is
-- known about the discoveries of an owner therefore leaves the row of the connector, which all owners share.

ALTER TABLE connector_tools
    DROP CONSTRAINT connector_tools_connector_id_name_key,
    ADD CONSTRAINT connector_tools_owner_id_connector_id_name_key UNIQUE NULLS NOT DISTINCT (owner_id, connector_id, name);
CREATE INDEX connector_tools_by_connector ON connector_tools (connector_id);
COMMENT ON COLUMN connector_tools.owner_id IS 'Owner who discovered the tool at the server of the connector; null: the tool came with the hub.';
COMMENT ON COLUMN connector_tools.connector_id IS 'Connector that offers the tool.';
COMMENT ON COLUMN connector_tool_versions.owner_id IS 'Owner of the tool, copied so that the policy needs no join.';

CREATE TABLE connector_discoveries (
    owner_id            uuid NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    connector_id        uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    started_at          timestamptz,
    error               text,
    tools_changed_at    timestamptz,
    change_announced_at timestamptz,
    protocol_era        text CHECK (protocol_era IN ('initialize', 'discover')),
    PRIMARY KEY (owner_id, connector_id)
);
CREATE INDEX connector_discoveries_by_connector ON connector_discoveries (connector_id);
COMMENT ON TABLE connector_discoveries IS 'What an owner knows about the MCP server of a connector: the latest discovery of its tools, and its era.';
COMMENT ON COLUMN connector_discoveries.owner_id IS 'Owner who calls the server.';
COMMENT ON COLUMN connector_discoveries.connector_id IS 'Connector of the server; the owner''s own, or a shipped one.';
COMMENT ON COLUMN connector_discoveries.started_at IS 'Time of the latest tool discovery; null: none since the connector was added. Set before the server is asked, so it also limits how often that is.';
COMMENT ON COLUMN connector_discoveries.error IS 'Error of that discovery, in words; null: it succeeded.';
COMMENT ON COLUMN connector_discoveries.tools_changed_at IS 'Time of the latest discovery that found changed tools; null: none since the first.';
COMMENT ON COLUMN connector_discoveries.change_announced_at IS 'Time at which the server announced changed tools; null once a discovery has followed.';
COMMENT ON COLUMN connector_discoveries.protocol_era IS 'Request with which an exchange with the MCP server begins: initialize (revisions up to 2025-11-25) or discover (from 2026-07-28); null: not known yet.';
SELECT own_by('connector_discoveries');

-- the era of a shipped connector is found out again by the next call of each owner
INSERT INTO connector_discoveries (owner_id, connector_id, started_at, error, tools_changed_at, change_announced_at, protocol_era)
SELECT owner_id, id, last_discovery_at, discovery_error, tools_changed_at, change_announced_at, protocol_era
FROM connectors
WHERE owner_id IS NOT NULL AND transport = 'mcp';

ALTER TABLE connectors
    DROP COLUMN last_discovery_at,
    DROP COLUMN discovery_error,
    DROP COLUMN tools_changed_at,
    DROP COLUMN change_announced_at,
    DROP COLUMN protocol_era;

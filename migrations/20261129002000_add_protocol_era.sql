-- The era of each connector's MCP server, so that a call need not find it out again.

ALTER TABLE connectors ADD COLUMN protocol_era text CHECK (protocol_era IN ('initialize', 'discover'));
COMMENT ON COLUMN connectors.protocol_era IS 'Request with which an exchange with the MCP server begins: initialize (revisions up to 2025-11-25) or discover (from 2026-07-28); null: not known yet.';

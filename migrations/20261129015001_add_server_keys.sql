-- An MCP server that an owner added can recognise its callers by headers of other names than Authorization. The connector says
-- which, and what has to be entered for them. The values themselves are the credential of a connection, and sealed.

ALTER TABLE connectors ADD COLUMN server_key json;
COMMENT ON COLUMN connectors.server_key IS 'Headers that the MCP server of an owner asks for, and the fields of the form for their values; null: of other connectors, and of servers that take a bearer token or nothing.';

-- one shipped service with a tool, and one of alice's own; she is connected to hers
INSERT INTO connectors (id, owner_id, name, slug, auth_type, transport, created_at) VALUES
    ('00000000-0000-7000-8000-0000000000c0', NULL, 'Workbench', 'workbench', 'none', 'builtin', clock_timestamp()),
    ('00000000-0000-7000-8000-0000000000ca', '00000000-0000-7000-8000-00000000000a', 'Hers', 'hers', 'none', 'mcp', clock_timestamp());
INSERT INTO connector_tools (id, connector_id, owner_id, name, schema, source, created_at) VALUES
    ('00000000-0000-7000-8000-0000000000d0', '00000000-0000-7000-8000-0000000000c0', NULL, 'echo', '{}', 'mcp', clock_timestamp()),
    ('00000000-0000-7000-8000-0000000000da', '00000000-0000-7000-8000-0000000000ca', '00000000-0000-7000-8000-00000000000a', 'echo', '{}', 'mcp', clock_timestamp());
INSERT INTO connector_tool_versions (id, tool_id, owner_id, version, schema, definition_hash, created_at) VALUES
    ('00000000-0000-7000-8000-0000000000e0', '00000000-0000-7000-8000-0000000000d0', NULL, 1, '{}', sha256('0'), clock_timestamp()),
    ('00000000-0000-7000-8000-0000000000ea', '00000000-0000-7000-8000-0000000000da', '00000000-0000-7000-8000-00000000000a', 1, '{}', sha256('a'), clock_timestamp());
INSERT INTO user_connections (user_id, id, connector_id, status, created_at, updated_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000ca', 'active', clock_timestamp(), clock_timestamp());

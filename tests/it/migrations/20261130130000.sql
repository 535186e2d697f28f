-- an input that alice saved
INSERT INTO saved_inputs (owner_id, id, user_id, connector_id, tool_name, tool_version_id, name, input, saved_at)
SELECT '00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000d7', '00000000-0000-7000-8000-00000000000a',
    t.connector_id, t.name, v.id, 'Monday', '{"text": "hello"}', '2026-11-30T13:00:00Z'
FROM connector_tools t
JOIN connector_tool_versions v ON v.tool_id = t.id
LIMIT 1;

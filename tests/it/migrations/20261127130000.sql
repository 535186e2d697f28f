-- a job without a tool
INSERT INTO job (user_id, id, type, connector_id, connection_id, tool_name, origin, input, created_at)
SELECT user_id, uuid_floor(created_at + interval '1 millisecond'), 'connection.checkup', connector_id, connection_id, 'Check-up', origin, '{}', created_at
FROM job
LIMIT 1;

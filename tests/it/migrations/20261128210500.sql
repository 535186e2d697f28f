-- connections in states that no code stores
INSERT INTO user_connections (user_id, id, connector_id, label, status, health, created_at, updated_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f2', '00000000-0000-7000-8000-0000000000ca', 'Pending', 'pending', 'ok', clock_timestamp(), clock_timestamp()),
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f3', '00000000-0000-7000-8000-0000000000ca', 'Revoked', 'active', 'by_provider', clock_timestamp(), clock_timestamp()),
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f4', '00000000-0000-7000-8000-0000000000ca', 'Blocked', 'error', 'blocked', clock_timestamp(), clock_timestamp());

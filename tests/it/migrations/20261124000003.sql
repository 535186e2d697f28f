INSERT INTO data_keys (user_id, master_key_id, wrapped, created_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', 'key', '\x00', clock_timestamp());
INSERT INTO secrets (user_id, id, purpose, sealed, created_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000a1', 'token', '\x00', clock_timestamp());

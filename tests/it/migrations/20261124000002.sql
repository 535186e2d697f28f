INSERT INTO users (id, email, display_name, password_hash, created_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', 'alice@example.org', 'Alice', '$argon2id$', clock_timestamp()),
    ('00000000-0000-7000-8000-00000000000b', 'bob@example.org', 'Bob', '$argon2id$', clock_timestamp());
INSERT INTO user_sessions (id_hash, user_id, data, created_at, seen_at, expires_at) VALUES
    (sha256('alice'), '00000000-0000-7000-8000-00000000000a', '{}', clock_timestamp(), clock_timestamp(), clock_timestamp());
INSERT INTO email_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES
    (sha256('alice'), '00000000-0000-7000-8000-00000000000a', 'confirm', clock_timestamp(), clock_timestamp());

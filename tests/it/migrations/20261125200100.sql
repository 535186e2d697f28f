UPDATE users SET contrast = 'more', motion = 'reduce', announce = 'ends' WHERE email = 'alice@example.org';
INSERT INTO email_tokens (token_hash, user_id, purpose, new_email, created_at, expires_at) VALUES
    (sha256('new'), '00000000-0000-7000-8000-00000000000a', 'email', 'alice@example.net', clock_timestamp(), clock_timestamp());

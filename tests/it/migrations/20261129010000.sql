-- a disabled account, and an invitation
UPDATE users SET disabled_at = '2026-11-29' WHERE id = (SELECT max(id::text)::uuid FROM users);
INSERT INTO email_tokens (token_hash, purpose, new_email, created_at, expires_at) VALUES
    (sha256('invitation'), 'invite', 'erin@example.org', '2026-11-29', '2026-12-06');

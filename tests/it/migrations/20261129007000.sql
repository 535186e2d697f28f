-- a mail that waits, and one that the server refused
INSERT INTO secrets (owner_id, id, purpose, sealed, created_at) VALUES
    ('00000000-0000-0000-0000-000000000000', '00000000-0000-7000-8000-0000000007a0', 'mail_outbox.text', 'sealed', '2026-11-29');
INSERT INTO mail_outbox (id, kind, recipient, subject, text_ref, next_attempt_at, created_at, expires_at) VALUES
    ('00000000-0000-7000-8000-0000000007a1', 'confirmation', 'carol@example.org', 'Confirm your email address',
     'vault://secrets/00000000-0000-7000-8000-0000000007a0', '2026-11-29', '2026-11-29', '2026-11-30');
INSERT INTO mail_outbox (id, kind, recipient, subject, attempts, next_attempt_at, last_reply, created_at, expires_at, failed_at, failure) VALUES
    ('00000000-0000-7000-8000-0000000007a2', 'password_changed', 'dave@example.org', 'Your password was changed', 1,
     '2026-11-29', '550 5.1.1', '2026-11-29', '2026-12-04', '2026-11-29', 'refused');

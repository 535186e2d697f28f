-- a token that alice created
INSERT INTO api_tokens (owner_id, id, user_id, name, token_hash, start, scopes, created_at, expires_at)
VALUES ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000d8', '00000000-0000-7000-8000-00000000000a',
    'Laptop', decode(repeat('ab', 32), 'hex'), 'craft_pat_abcd', ARRAY['tools:read', 'tools:call'],
    '2026-12-01T00:00:00Z', '2027-03-01T00:00:00Z');

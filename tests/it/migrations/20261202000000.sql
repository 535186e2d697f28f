-- an assistant that alice connected
INSERT INTO assistants (id, client_id, name, redirect_uris, created_at, fresh_until)
VALUES ('00000000-0000-7000-8000-0000000000e1', 'https://client.example/assistant.json', 'Helper',
    ARRAY['http://127.0.0.1/callback'], '2026-12-02T00:00:00Z', '2026-12-02T00:15:00Z');
INSERT INTO assistant_grants (owner_id, id, user_id, assistant_id, name, host, scopes, created_at, expires_at, generation, refreshed_at)
VALUES ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000e2', '00000000-0000-7000-8000-00000000000a',
    '00000000-0000-7000-8000-0000000000e1', 'Helper', 'this device', ARRAY['tools:read', 'tools:call'],
    '2026-12-02T00:00:00Z', '2027-02-01T00:00:00Z', 1, '2026-12-02T00:00:00Z');
INSERT INTO authorization_codes (code_hash, owner_id, grant_id, redirect_uri, code_challenge, expires_at, used_at)
VALUES (decode(repeat('ac', 32), 'hex'), '00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000e2',
    'http://127.0.0.1:51004/callback', repeat('a', 43), '2026-12-02T00:01:00Z', '2026-12-02T00:00:30Z');
INSERT INTO assistant_tokens (token_hash, owner_id, grant_id, is_refresh, generation, expires_at)
VALUES (decode(repeat('ad', 32), 'hex'), '00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000e2', false, 1, '2026-12-02T01:00:00Z'),
    (decode(repeat('ae', 32), 'hex'), '00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000e2', true, 1, '2027-02-01T00:00:00Z');

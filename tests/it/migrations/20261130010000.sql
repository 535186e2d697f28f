-- a further token of alice's connection
INSERT INTO connection_tokens (owner_id, connection_id, name, health, requested_scopes, scopes) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f1', 'user', 'reauth_required', '{}', '{}');

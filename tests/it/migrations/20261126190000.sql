-- a client, a sign-in that is under way, and a lease, all of alice's
INSERT INTO oauth_clients (user_id, id, issuer, redirect_uri, client_id, source, created_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000001a0', 'https://as.example', 'https://hub.example/oauth/callback', 'hub', 'registered', clock_timestamp());
INSERT INTO oauth_transactions (user_id, id, connector_id, label, state, session, redirect_uri, scopes, created_at, expires_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000001b0', '00000000-0000-7000-8000-0000000000ca', 'Default', sha256('state'), 'session', 'https://hub.example/oauth/callback', '{}', clock_timestamp(), clock_timestamp() + interval '10 minutes');
INSERT INTO connection_renewals (user_id, connection_id, fence, expires_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f1', 1, clock_timestamp());

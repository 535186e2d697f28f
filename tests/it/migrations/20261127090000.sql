-- a client of the hub's own, with its secret under the hub's key
INSERT INTO data_keys (user_id, master_key_id, wrapped, created_at) VALUES
    ('00000000-0000-0000-0000-000000000000', 'key', 'wrapped', clock_timestamp());
INSERT INTO secrets (user_id, id, purpose, sealed, created_at) VALUES
    ('00000000-0000-0000-0000-000000000000', '00000000-0000-7000-8000-0000000001c0', 'oauth_client.secret', 'sealed', clock_timestamp());
INSERT INTO oauth_clients (user_id, id, issuer, redirect_uri, client_id, secret_ref, source, created_at) VALUES
    ('00000000-0000-0000-0000-000000000000', '00000000-0000-7000-8000-0000000001d0', 'https://as.example/token', 'https://hub.example/oauth/callback', 'hub', 'vault://secrets/00000000-0000-7000-8000-0000000001c0', 'entered', clock_timestamp());

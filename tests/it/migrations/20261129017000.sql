-- no row of its own: the columns have defaults. The application of a hub that has connected Slack
INSERT INTO oauth_clients (owner_id, id, issuer, redirect_uri, client_id, source, created_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000001a1', 'https://slack.com/api/oauth.v2.user.access', 'https://hub.example/oauth/callback', 'hub', 'entered', clock_timestamp());

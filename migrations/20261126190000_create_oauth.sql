-- OAuth: who the hub is to a provider, sign-ins that are under way, and the lease of whoever renews a grant.

CREATE TABLE oauth_clients (
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id           uuid NOT NULL,
    issuer       text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 2000),
    redirect_uri text NOT NULL,
    client_id    text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 2000),
    secret_ref   text CHECK (secret_ref LIKE 'vault://secrets/%'),
    source       text NOT NULL CHECK (source IN ('document', 'registered', 'entered')),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, issuer, redirect_uri)
);
COMMENT ON TABLE oauth_clients IS 'Who the hub is to an authorization server, for one user; never used for another issuer.';
COMMENT ON COLUMN oauth_clients.user_id IS 'Whose sign-ins it is for.';
COMMENT ON COLUMN oauth_clients.id IS 'Time-ordered.';
COMMENT ON COLUMN oauth_clients.issuer IS 'The authorization server, as its metadata name it.';
COMMENT ON COLUMN oauth_clients.redirect_uri IS 'The callback address that it was made with; a hub that moves needs another client.';
COMMENT ON COLUMN oauth_clients.client_id IS 'As the server knows it.';
COMMENT ON COLUMN oauth_clients.secret_ref IS 'Reference to the client''s secret; null: a public client.';
COMMENT ON COLUMN oauth_clients.source IS 'document (a client-id metadata document of the hub), registered (by the hub itself) or entered (by the user).';
COMMENT ON COLUMN oauth_clients.created_at IS 'When it was made.';
SELECT own_by('oauth_clients', 'user_id');

CREATE TABLE oauth_transactions (
    user_id           uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id                uuid NOT NULL,
    connector_id      uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    label             text NOT NULL CHECK (length(label) BETWEEN 1 AND 60),
    state             bytea NOT NULL UNIQUE CHECK (length(state) = 32),
    code_verifier_ref text CHECK (code_verifier_ref LIKE 'vault://secrets/%'),
    session           text NOT NULL,
    issuer            text,
    resource          text,
    redirect_uri      text NOT NULL,
    scopes            text[] NOT NULL,
    status            text NOT NULL DEFAULT 'started' CHECK (status IN ('started', 'completed', 'failed')),
    created_at        timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL,
    completed_at      timestamptz,
    PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE oauth_transactions IS 'Sign-ins at providers: each is good for ten minutes, once, in the browser that began it; kept for a day.';
COMMENT ON COLUMN oauth_transactions.user_id IS 'Who signs in.';
COMMENT ON COLUMN oauth_transactions.id IS 'Time-ordered.';
COMMENT ON COLUMN oauth_transactions.connector_id IS 'To which service.';
COMMENT ON COLUMN oauth_transactions.label IS 'Label of the connection that is made, or renewed if it exists.';
COMMENT ON COLUMN oauth_transactions.state IS 'SHA-256 of the state parameter.';
COMMENT ON COLUMN oauth_transactions.code_verifier_ref IS 'Reference to the PKCE verifier; null once it was used.';
COMMENT ON COLUMN oauth_transactions.session IS 'Hash of the browser session that began it.';
COMMENT ON COLUMN oauth_transactions.issuer IS 'Who must answer, if the provider has a name for itself.';
COMMENT ON COLUMN oauth_transactions.resource IS 'What the token is for (RFC 8707).';
COMMENT ON COLUMN oauth_transactions.redirect_uri IS 'The callback address that was sent.';
COMMENT ON COLUMN oauth_transactions.scopes IS 'Scopes asked for.';
COMMENT ON COLUMN oauth_transactions.status IS 'started, completed or failed.';
COMMENT ON COLUMN oauth_transactions.created_at IS 'When it began.';
COMMENT ON COLUMN oauth_transactions.expires_at IS 'Until when the callback is accepted.';
COMMENT ON COLUMN oauth_transactions.completed_at IS 'When the callback came.';
SELECT own_by('oauth_transactions', 'user_id');

CREATE TABLE connection_renewals (
    user_id       uuid NOT NULL,
    connection_id uuid NOT NULL,
    fence         bigint NOT NULL,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (user_id, connection_id),
    FOREIGN KEY (user_id, connection_id) REFERENCES user_connections (user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE connection_renewals IS 'Leases: whoever holds one is the only process that renews this connection''s grant.';
COMMENT ON COLUMN connection_renewals.user_id IS 'Whose connection.';
COMMENT ON COLUMN connection_renewals.connection_id IS 'Which one.';
COMMENT ON COLUMN connection_renewals.fence IS 'Random for each holder: only its own lease is given back.';
COMMENT ON COLUMN connection_renewals.expires_at IS 'After this, another may take it.';
SELECT own_by('connection_renewals', 'user_id');

ALTER TABLE user_connections ADD COLUMN renew_at timestamptz;
COMMENT ON COLUMN user_connections.renew_at IS 'From when the token is to be renewed: its end, less what the provider''s description keeps in hand, or a fifth of its life.';

-- the sweep: grants that can be renewed, by when they are due
CREATE INDEX user_connections_due ON user_connections (renew_at)
    WHERE status = 'active' AND secret_ref_refresh IS NOT NULL;

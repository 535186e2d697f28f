-- Assistants that a person connects by signing in: the hub is their authorization server.

CREATE TABLE assistants (
    id              uuid PRIMARY KEY,
    client_id       text NOT NULL UNIQUE CHECK (length(client_id) BETWEEN 1 AND 2048),
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    redirect_uris   text[] NOT NULL CHECK (cardinality(redirect_uris) BETWEEN 1 AND 20),
    created_at      timestamptz NOT NULL,
    allowed_at      timestamptz,
    fresh_until     timestamptz,
    registered_from bytea CHECK (length(registered_from) = 32),
    CHECK ((registered_from IS NULL) = (fresh_until IS NOT NULL))
);
CREATE INDEX assistants_unused ON assistants (created_at) WHERE allowed_at IS NULL;
CREATE INDEX assistants_registered_from ON assistants (registered_from, created_at) WHERE registered_from IS NOT NULL;
COMMENT ON TABLE assistants IS 'Programs that ask to call the MCP endpoint for a person: the clients of the authorization server.';
COMMENT ON COLUMN assistants.id IS 'Key.';
COMMENT ON COLUMN assistants.client_id IS 'Client id of OAuth: the URL of a metadata document, or a text that the registration returned.';
COMMENT ON COLUMN assistants.name IS 'Name that the program gives itself. It proves nothing.';
COMMENT ON COLUMN assistants.redirect_uris IS 'Addresses to which an answer may be sent.';
COMMENT ON COLUMN assistants.created_at IS 'Time of the registration, or of the first read of the document.';
COMMENT ON COLUMN assistants.allowed_at IS 'Time at which a person last allowed it something; null: nobody did.';
COMMENT ON COLUMN assistants.fresh_until IS 'The document is read again after this; null: a registration.';
COMMENT ON COLUMN assistants.registered_from IS 'Digest of the network of the registration, by which registrations are limited; null: a document.';
SELECT keep_for_system('assistants');

CREATE TABLE assistant_grants (
    owner_id     uuid NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    id           uuid NOT NULL,
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    assistant_id uuid NOT NULL REFERENCES assistants (id),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    host         text NOT NULL CHECK (length(host) BETWEEN 1 AND 300),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['tools:read', 'tools:call', 'jobs:read', 'jobs:write', 'audit:read']),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    generation   integer NOT NULL DEFAULT 0 CHECK (generation >= 0),
    refreshed_at timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX assistant_grants_by_user ON assistant_grants (user_id, id);
CREATE INDEX assistant_grants_by_assistant ON assistant_grants (assistant_id);
COMMENT ON TABLE assistant_grants IS 'What a person allowed an assistant. A revoked or expired grant stays as a record: jobs and the audit log name it.';
COMMENT ON COLUMN assistant_grants.owner_id IS 'Owner on whose rows the assistant works: the person, or an organisation.';
COMMENT ON COLUMN assistant_grants.id IS 'Key.';
COMMENT ON COLUMN assistant_grants.user_id IS 'Person for whom the assistant acts.';
COMMENT ON COLUMN assistant_grants.assistant_id IS 'The assistant.';
COMMENT ON COLUMN assistant_grants.name IS 'Name of the assistant when the person agreed.';
COMMENT ON COLUMN assistant_grants.host IS 'Place to which the answer went, as the person saw it.';
COMMENT ON COLUMN assistant_grants.scopes IS 'What the grant permits.';
COMMENT ON COLUMN assistant_grants.created_at IS 'Time at which the person agreed.';
COMMENT ON COLUMN assistant_grants.expires_at IS 'The grant ends then, unless the assistant refreshes its token before.';
COMMENT ON COLUMN assistant_grants.generation IS 'Generation of its newest refresh token; 0: the assistant has not fetched a token.';
COMMENT ON COLUMN assistant_grants.refreshed_at IS 'Time at which the newest refresh token was issued; null: never.';
COMMENT ON COLUMN assistant_grants.last_used_at IS 'Last use, to the minute; null: never.';
COMMENT ON COLUMN assistant_grants.revoked_at IS 'Time at which the grant was revoked; null: it was not.';
SELECT protect('assistant_grants');
-- a person sees their grants in all spaces, and an organisation all grants for its rows
CREATE POLICY own ON assistant_grants
    USING (COALESCE((SELECT current_setting('app.system', true) = 'on')
        OR user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')::uuid)
        OR owner_id = (SELECT NULLIF(current_setting('app.owner_id', true), '')::uuid), false))
    WITH CHECK (COALESCE((SELECT current_setting('app.system', true) = 'on')
        OR owner_id = (SELECT NULLIF(current_setting('app.owner_id', true), '')::uuid), false));

CREATE TABLE authorization_codes (
    code_hash      bytea PRIMARY KEY CHECK (length(code_hash) = 32),
    owner_id       uuid NOT NULL,
    grant_id       uuid NOT NULL,
    redirect_uri   text NOT NULL CHECK (length(redirect_uri) BETWEEN 1 AND 2048),
    code_challenge text NOT NULL CHECK (length(code_challenge) = 43),
    expires_at     timestamptz NOT NULL,
    used_at        timestamptz,
    FOREIGN KEY (owner_id, grant_id) REFERENCES assistant_grants (owner_id, id) ON DELETE CASCADE
);
CREATE INDEX authorization_codes_expiry ON authorization_codes (expires_at);
CREATE INDEX authorization_codes_by_grant ON authorization_codes (owner_id, grant_id);
COMMENT ON TABLE authorization_codes IS 'Authorization codes, each of which an assistant exchanges once for tokens. A used code stays for a day, so that a second use is noticed.';
COMMENT ON COLUMN authorization_codes.code_hash IS 'SHA-256 of the code, which is stored nowhere.';
COMMENT ON COLUMN authorization_codes.owner_id IS 'Owner of the grant.';
COMMENT ON COLUMN authorization_codes.grant_id IS 'The grant.';
COMMENT ON COLUMN authorization_codes.redirect_uri IS 'Address to which the code was sent.';
COMMENT ON COLUMN authorization_codes.code_challenge IS 'PKCE challenge of the method S256.';
COMMENT ON COLUMN authorization_codes.expires_at IS 'The code works until then.';
COMMENT ON COLUMN authorization_codes.used_at IS 'Time of the exchange; null: not exchanged.';
SELECT keep_for_system('authorization_codes');

CREATE TABLE assistant_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    owner_id   uuid NOT NULL,
    grant_id   uuid NOT NULL,
    is_refresh boolean NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (owner_id, grant_id) REFERENCES assistant_grants (owner_id, id) ON DELETE CASCADE
);
CREATE INDEX assistant_tokens_by_grant ON assistant_tokens (owner_id, grant_id, generation);
CREATE INDEX assistant_tokens_expiry ON assistant_tokens (expires_at);
COMMENT ON TABLE assistant_tokens IS 'Tokens of grants. A refresh token that was exchanged stays until it expires, so that a second use is noticed.';
COMMENT ON COLUMN assistant_tokens.token_hash IS 'SHA-256 of the token, which is stored nowhere.';
COMMENT ON COLUMN assistant_tokens.owner_id IS 'Owner of the grant.';
COMMENT ON COLUMN assistant_tokens.grant_id IS 'The grant.';
COMMENT ON COLUMN assistant_tokens.is_refresh IS 'True: the token is exchanged for the next two tokens; false: it calls the endpoint.';
COMMENT ON COLUMN assistant_tokens.generation IS 'Generation of the token within its grant.';
COMMENT ON COLUMN assistant_tokens.expires_at IS 'The token works until then.';
SELECT keep_for_system('assistant_tokens');

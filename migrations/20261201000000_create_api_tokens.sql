-- Access tokens of programs, such as assistants and scripts, that act for a person.
CREATE TABLE api_tokens (
    owner_id     uuid NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    id           uuid NOT NULL,
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    token_hash   bytea NOT NULL CHECK (length(token_hash) = 32),
    start        text NOT NULL CHECK (length(start) BETWEEN 1 AND 20),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['tools:read', 'tools:call', 'jobs:read', 'jobs:write', 'audit:read']),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (owner_id, id)
);
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (token_hash);
CREATE INDEX api_tokens_by_user ON api_tokens (user_id, id);
COMMENT ON TABLE api_tokens IS 'Access tokens of programs that act for a person. A revoked or expired token stays as a record: jobs and the audit log name it.';
COMMENT ON COLUMN api_tokens.owner_id IS 'Owner on whose rows the program works: the person, or an organisation.';
COMMENT ON COLUMN api_tokens.id IS 'Key.';
COMMENT ON COLUMN api_tokens.user_id IS 'Person for whom the program acts.';
COMMENT ON COLUMN api_tokens.name IS 'Name that the person chose.';
COMMENT ON COLUMN api_tokens.token_hash IS 'SHA-256 of the token, which is stored nowhere.';
COMMENT ON COLUMN api_tokens.start IS 'First characters of the token, by which a person recognises it.';
COMMENT ON COLUMN api_tokens.scopes IS 'What the token permits.';
COMMENT ON COLUMN api_tokens.created_at IS 'Time of creation.';
COMMENT ON COLUMN api_tokens.expires_at IS 'The token works until then.';
COMMENT ON COLUMN api_tokens.last_used_at IS 'Last use, to the minute; null: never.';
COMMENT ON COLUMN api_tokens.revoked_at IS 'Time at which the person revoked it; null: they did not.';
SELECT protect('api_tokens');
-- a person sees their tokens in all spaces, and an organisation all tokens for its rows
CREATE POLICY own ON api_tokens
    USING (COALESCE((SELECT current_setting('app.system', true) = 'on')
        OR user_id = (SELECT NULLIF(current_setting('app.user_id', true), '')::uuid)
        OR owner_id = (SELECT NULLIF(current_setting('app.owner_id', true), '')::uuid), false))
    WITH CHECK (COALESCE((SELECT current_setting('app.system', true) = 'on')
        OR owner_id = (SELECT NULLIF(current_setting('app.owner_id', true), '')::uuid), false));

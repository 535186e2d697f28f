-- Some providers issue several tokens in one consent, such as that of a bot and that of the user who consents. The connection holds
-- the first one; each further one has a row with its own expiry, refresh token and failures.
CREATE TABLE connection_tokens (
    owner_id           uuid NOT NULL,
    connection_id      uuid NOT NULL,
    name               text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    health             text NOT NULL CHECK (health IN ('ok', 'limited', 'degraded', 'reauth_required', 'exhausted')),
    reason             text,
    secret_ref_access  text CHECK (secret_ref_access LIKE 'vault://secrets/%'),
    secret_ref_refresh text CHECK (secret_ref_refresh LIKE 'vault://secrets/%'),
    version            integer NOT NULL DEFAULT 1,
    requested_scopes   text[] NOT NULL,
    scopes             text[] NOT NULL,
    expires_at         timestamptz,
    next_attempt_at    timestamptz,
    failures           integer NOT NULL DEFAULT 0,
    failed_days        integer NOT NULL DEFAULT 0,
    last_failed_at     timestamptz,
    failure            text,
    PRIMARY KEY (owner_id, connection_id, name),
    FOREIGN KEY (owner_id, connection_id) REFERENCES user_connections (owner_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_tokens_due ON connection_tokens (next_attempt_at)
    WHERE secret_ref_refresh IS NOT NULL AND health <> 'reauth_required';
COMMENT ON TABLE connection_tokens IS 'Further tokens of a connection, each used by the tools that name it. A connection from before its connector described them has no rows.';
COMMENT ON COLUMN connection_tokens.owner_id IS 'Owner of the connection.';
COMMENT ON COLUMN connection_tokens.connection_id IS 'Connection whose sign-in brought the token.';
COMMENT ON COLUMN connection_tokens.name IS 'Name in the connector''s file, such as user.';
COMMENT ON COLUMN connection_tokens.health IS 'ok; limited: scopes are missing; degraded: refreshes fail; reauth_required: missing or rejected; exhausted: refreshes have failed for days.';
COMMENT ON COLUMN connection_tokens.reason IS 'Reason of a health that is not ok, in words.';
COMMENT ON COLUMN connection_tokens.secret_ref_access IS 'Reference to the access token; null if the provider granted none.';
COMMENT ON COLUMN connection_tokens.secret_ref_refresh IS 'Reference to the refresh token; null if the token cannot be refreshed.';
COMMENT ON COLUMN connection_tokens.version IS 'Changes with each new token.';
COMMENT ON COLUMN connection_tokens.requested_scopes IS 'Scopes that the sign-in requested for the token.';
COMMENT ON COLUMN connection_tokens.scopes IS 'Granted scopes.';
COMMENT ON COLUMN connection_tokens.expires_at IS 'Expiry of the access token; null if the provider names none.';
COMMENT ON COLUMN connection_tokens.next_attempt_at IS 'Time at which the refresh is due; after a failure, the end of the back-off. Null if the token need not be refreshed.';
COMMENT ON COLUMN connection_tokens.failures IS 'Failed refreshes in a row.';
COMMENT ON COLUMN connection_tokens.failed_days IS 'Days, in UTC, with a failed refresh since the last success.';
COMMENT ON COLUMN connection_tokens.last_failed_at IS 'Time of the last failed refresh; null after a success.';
COMMENT ON COLUMN connection_tokens.failure IS 'Class of the last failure; null after a success.';
SELECT own_by('connection_tokens');

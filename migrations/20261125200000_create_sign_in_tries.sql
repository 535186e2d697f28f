-- Sign-ins that failed, for the wait between them: by the address that was typed, whether or not it has an account, and
-- by the network address they came from. Rows are few and short-lived; each new one sweeps some that no longer count.

CREATE TABLE sign_in_tries (
    subject  bytea PRIMARY KEY CHECK (length(subject) = 32),
    failures integer NOT NULL CHECK (failures >= 0),
    tried_at timestamptz NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX sign_in_tries_by_time ON sign_in_tries (tried_at);
COMMENT ON TABLE sign_in_tries IS 'Failed sign-ins by e-mail address and by network address: how long the next one waits.';
COMMENT ON COLUMN sign_in_tries.subject IS 'SHA-256 of the kind and the address: what was typed may be a password, so it is not kept.';
COMMENT ON COLUMN sign_in_tries.failures IS 'Tries since the last that succeeded; one that is under way counts until it does.';
COMMENT ON COLUMN sign_in_tries.tried_at IS 'When the last of them began; tries that were refused for the wait do not count.';
SELECT keep_for_system('sign_in_tries');

-- Renewals that fail are tried again less and less often, and the owner is told once that a connection is over.
ALTER TABLE user_connections
    ADD COLUMN failures       integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    ADD COLUMN failed_days    integer NOT NULL DEFAULT 0 CHECK (failed_days >= 0),
    ADD COLUMN last_failed_at timestamptz,
    ADD COLUMN failure        text,
    ADD COLUMN notice_at      timestamptz;
COMMENT ON COLUMN user_connections.failures IS 'Renewals that have failed in a row since the last success.';
COMMENT ON COLUMN user_connections.failed_days IS 'On how many days (UTC) since the last success one has failed; at four the connection is exhausted.';
COMMENT ON COLUMN user_connections.last_failed_at IS 'When the last one failed.';
COMMENT ON COLUMN user_connections.failure IS 'Machine word for why the last one failed; null after a success.';
COMMENT ON COLUMN user_connections.notice_at IS 'From when its owner is to be told by mail that it is over; null: nothing to tell, or told.';
COMMENT ON COLUMN user_connections.renew_at IS 'From when the token is to be renewed: its end, less what the provider''s description keeps in hand, or a fifth of its life. After a failure: not before this.';

ALTER TABLE oauth_clients ADD COLUMN refused_at timestamptz;
COMMENT ON COLUMN oauth_clients.refused_at IS 'When its server last said that it does not know this client; the next sign-in replaces one that the hub has made itself.';

-- the sweep: grants that can be renewed, those that failed for days among them, by when they are due
DROP INDEX user_connections_due;
CREATE INDEX user_connections_due ON user_connections (renew_at)
    WHERE secret_ref_refresh IS NOT NULL AND (status = 'active' OR health = 'exhausted');
CREATE INDEX user_connections_notice ON user_connections (notice_at)
    WHERE notice_at IS NOT NULL AND status IN ('expired', 'error');

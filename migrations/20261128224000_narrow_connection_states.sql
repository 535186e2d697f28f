-- States that no code stores leave the columns, and a column that always said mcp leaves its table.
UPDATE user_connections
SET status = CASE WHEN status = 'revoked' THEN status ELSE 'expired' END,
    health = CASE WHEN status = 'revoked' THEN 'ok' ELSE 'reauth_required' END
WHERE status = 'pending' OR health IN ('by_provider', 'blocked');

ALTER TABLE user_connections
    DROP CONSTRAINT user_connections_status_check,
    ADD CONSTRAINT user_connections_status_check CHECK (status IN ('active', 'expired', 'revoked', 'error')),
    DROP CONSTRAINT user_connections_health_check,
    ADD CONSTRAINT user_connections_health_check CHECK (health IN ('ok', 'limited', 'degraded', 'reauth_required', 'exhausted'));
COMMENT ON COLUMN user_connections.status IS 'active, expired, error, or revoked (disconnected).';

ALTER TABLE connector_tools DROP COLUMN source;

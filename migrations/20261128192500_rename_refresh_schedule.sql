-- The moment of the next refresh, verification or retry has one name, and the leases serve verifications too.
ALTER TABLE user_connections RENAME COLUMN renew_at TO next_attempt_at;
COMMENT ON COLUMN user_connections.next_attempt_at IS 'When the next refresh of the token or verification of the key is due. Of a token: before its expiry, by the larger of its provider''s margin and a fifth of its lifetime. Of a key: a day after it was last accepted. After a failure: the end of the back-off. Null: never.';
COMMENT ON COLUMN user_connections.failures IS 'Failed refreshes or verifications in a row since the last success.';
COMMENT ON COLUMN user_connections.failed_days IS 'Number of days (UTC) with a failure since the last success; at four the connection is exhausted.';
COMMENT ON COLUMN user_connections.last_failed_at IS 'When the last refresh or verification failed.';
COMMENT ON COLUMN user_connections.failure IS 'Error class of the last failure; null after a success.';
COMMENT ON COLUMN user_connections.notice_at IS 'When the mail about the expired connection is due; null: no mail is due.';

ALTER TABLE connection_renewals RENAME TO connection_leases;
ALTER TABLE connection_leases RENAME CONSTRAINT connection_renewals_pkey TO connection_leases_pkey;
ALTER TABLE connection_leases RENAME CONSTRAINT connection_renewals_user_id_connection_id_fkey TO connection_leases_user_id_connection_id_fkey;
COMMENT ON TABLE connection_leases IS 'Leases: the holder is the only process that refreshes or verifies the credential of a connection.';
COMMENT ON COLUMN connection_leases.user_id IS 'Owner of the connection.';
COMMENT ON COLUMN connection_leases.connection_id IS 'The connection.';
COMMENT ON COLUMN connection_leases.fence IS 'Random number of the holder, which releases only its own lease.';
COMMENT ON COLUMN connection_leases.expires_at IS 'When another process may take the lease.';

-- Of several connections to a service one is used by default; and a label is free again once its connection is disconnected.
ALTER TABLE user_connections ADD COLUMN is_default boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN user_connections.is_default IS 'True: calls go through it unless another is chosen. While none is, the oldest active one counts.';
CREATE UNIQUE INDEX user_connections_default ON user_connections (user_id, connector_id) WHERE is_default;

ALTER TABLE user_connections DROP CONSTRAINT user_connections_user_id_connector_id_label_key;
CREATE UNIQUE INDEX user_connections_label ON user_connections (user_id, connector_id, label) WHERE status <> 'revoked';
CREATE INDEX user_connections_by_connector ON user_connections (user_id, connector_id);

-- what waits for a connection is shown on its page, ends with it, and goes on when it is renewed
CREATE INDEX job_later_by_lane ON job_later (lane);

-- A sign-in whose commit was not heard of is not stored a second time: the connection that it made is noted with it.

ALTER TABLE oauth_transactions ADD COLUMN connection_id uuid;
ALTER TABLE oauth_transactions ADD FOREIGN KEY (user_id, connection_id) REFERENCES user_connections (user_id, id) ON DELETE CASCADE;
COMMENT ON COLUMN oauth_transactions.connection_id IS 'The connection that it made or renewed; null: none so far.';

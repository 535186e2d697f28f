-- the sign-in that is there has made the connection that is there
UPDATE oauth_transactions t
SET connection_id = (SELECT id FROM user_connections c WHERE c.user_id = t.user_id LIMIT 1);

-- Keys and tokens that a person types are verified while nobody uses them, and their owner is reminded of the day on which they end.
ALTER TABLE user_connections
    ADD COLUMN ends_on   date,
    ADD COLUMN remind_at timestamptz;
COMMENT ON COLUMN user_connections.ends_on IS 'On which day the typed credential ends, as its owner has noted it; nothing but a reminder follows from it.';
COMMENT ON COLUMN user_connections.remind_at IS 'From when its owner is to be reminded of that day by mail; null: nothing to remind of, or reminded.';
COMMENT ON COLUMN user_connections.renew_at IS 'From when the token is to be renewed: its end, less what the provider''s description keeps in hand, or a fifth of its life. Of a typed credential: from when it is verified unless it was used. After a failure: not before this.';
COMMENT ON COLUMN user_connections.failures IS 'Renewals, or verifications of a typed credential, that have failed in a row since the last success.';

-- those that there are, spread over the next day
UPDATE user_connections u
SET renew_at = clock_timestamp() + random() * interval '1 day'
FROM connectors c
WHERE c.id = u.connector_id AND c.auth_type = 'api_key' AND u.secret_ref_access IS NOT NULL AND u.status = 'active';

-- the sweep: typed credentials, by when they are to be verified; one from a sign-in that cannot be renewed has no such moment, or an end
CREATE INDEX user_connections_idle ON user_connections (renew_at)
    WHERE secret_ref_access IS NOT NULL AND secret_ref_refresh IS NULL AND expires_at IS NULL
      AND (status = 'active' OR health = 'exhausted');
CREATE INDEX user_connections_reminders ON user_connections (remind_at)
    WHERE remind_at IS NOT NULL AND (status = 'active' OR health = 'exhausted');

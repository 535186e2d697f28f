-- Columns whose names misled readers get the terms of the glossary: discover, reject, expire, attempt, heartbeat.
ALTER TABLE connectors RENAME COLUMN looked_at TO last_discovery_at;
ALTER TABLE connectors RENAME COLUMN look_failure TO discovery_error;
ALTER TABLE connectors RENAME COLUMN changed_at TO tools_changed_at;
ALTER TABLE connectors RENAME COLUMN news_at TO change_announced_at;

ALTER TABLE oauth_clients RENAME COLUMN refused_at TO rejected_at;
ALTER TABLE oauth_clients RENAME COLUMN refusal TO rejection_message;
ALTER TABLE oauth_clients RENAME COLUMN refusal_at TO rejection_since;
ALTER TABLE oauth_clients RENAME COLUMN refusal_of TO rejection_connector_id;

ALTER TABLE user_connections RENAME COLUMN ends_on TO expires_on;

ALTER TABLE sign_in_tries RENAME TO sign_in_attempts;
ALTER TABLE sign_in_attempts RENAME COLUMN tried_at TO attempted_at;
ALTER TABLE sign_in_attempts RENAME CONSTRAINT sign_in_tries_pkey TO sign_in_attempts_pkey;

ALTER INDEX sign_in_tries_by_time RENAME TO sign_in_attempts_by_time;

ALTER TABLE worker RENAME COLUMN beat_at TO heartbeat_at;

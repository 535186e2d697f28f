-- the renamed columns and tables keep their rows
SELECT last_discovery_at, discovery_error, tools_changed_at, change_announced_at FROM connectors;
SELECT rejected_at, rejection_message, rejection_since, rejection_connector_id FROM oauth_clients;
SELECT expires_on FROM user_connections;
SELECT attempted_at FROM sign_in_attempts;
SELECT heartbeat_at FROM worker;

-- the renamed column and table keep their rows
SELECT next_attempt_at FROM user_connections WHERE next_attempt_at IS NOT NULL;
SELECT fence FROM connection_leases;

-- a connection whose renewals have failed for days, which its owner is still to be told; and a client that its server forgot
UPDATE user_connections
SET status = 'error', health = 'exhausted', failures = 9, failed_days = 4, last_failed_at = clock_timestamp(),
    failure = 'unavailable', notice_at = clock_timestamp()
WHERE id = '00000000-0000-7000-8000-0000000000f1';
UPDATE oauth_clients SET refused_at = clock_timestamp();

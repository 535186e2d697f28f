-- the application of the hub is refused, and its administrators are not told yet
UPDATE oauth_clients
SET refusal = 'It is not known', refusal_at = clock_timestamp(), notice_at = clock_timestamp()
WHERE user_id = '00000000-0000-0000-0000-000000000000';

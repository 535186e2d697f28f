-- the migration adds up what was counted by service; a database filled after it has its results counted here
INSERT INTO job_hours (user_id, hour, succeeded, failed, canceled, unknown, latency_ms)
SELECT DISTINCT user_id, date_trunc('hour', finished_at, 'UTC'), 1, 0, 0, 0, 1
FROM job_result
ON CONFLICT DO NOTHING;

-- the migration counts the results that are there; a database filled after it has them counted here
INSERT INTO job_hours (user_id, hour, connector_id, outcome, jobs, latency_ms)
SELECT r.user_id, date_trunc('hour', r.finished_at, 'UTC'), j.connector_id, r.outcome, 1, 1
FROM job_result r
JOIN job j ON j.user_id = r.user_id AND j.id = r.job_id
ON CONFLICT DO NOTHING;

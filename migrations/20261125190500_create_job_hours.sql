-- How jobs ended, counted by the hour: what figures are read from, so that no page counts jobs. The batch that ends jobs
-- counts them in the same transaction; it adds to its rows in the order of their key, so two batches never wait for each
-- other in a circle.

CREATE TABLE job_hours (
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hour         timestamptz NOT NULL,
    connector_id uuid NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('ok', 'permanent', 'dead', 'canceled', 'unknown')),
    jobs         bigint NOT NULL CHECK (jobs > 0),
    latency_ms   bigint NOT NULL CHECK (latency_ms >= 0),
    PRIMARY KEY (user_id, hour, connector_id, outcome)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE job_hours IS 'Jobs that ended, by user, hour, service and outcome; always equal to what job_result holds.';
COMMENT ON COLUMN job_hours.user_id IS 'Whose jobs.';
COMMENT ON COLUMN job_hours.hour IS 'The full hour (UTC) in which they ended.';
COMMENT ON COLUMN job_hours.connector_id IS 'Of which service (kept after the connector is gone).';
COMMENT ON COLUMN job_hours.outcome IS 'How they ended, as in job_result.';
COMMENT ON COLUMN job_hours.jobs IS 'How many.';
COMMENT ON COLUMN job_hours.latency_ms IS 'How long their last runs took, all together, in milliseconds; nothing for one that never ran.';
SELECT own_by('job_hours', 'user_id');

INSERT INTO job_hours (user_id, hour, connector_id, outcome, jobs, latency_ms)
SELECT r.user_id,
       date_trunc('hour', r.finished_at, 'UTC'),
       j.connector_id,
       r.outcome,
       count(*),
       COALESCE(sum(GREATEST(round(extract(epoch FROM r.finished_at - r.started_at) * 1000), 0)), 0)
FROM job_result r
JOIN job j ON j.user_id = r.user_id AND j.id = r.job_id
GROUP BY 1, 2, 3, 4;

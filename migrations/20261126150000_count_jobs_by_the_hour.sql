-- One row an hour instead of one for each service and outcome in it: the dashboard reads a month of rows with each look,
-- and nothing asks for figures by service.

ALTER TABLE job_hours RENAME TO job_hours_by_service;

CREATE TABLE job_hours (
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hour       timestamptz NOT NULL,
    succeeded  bigint NOT NULL CHECK (succeeded >= 0),
    failed     bigint NOT NULL CHECK (failed >= 0),
    canceled   bigint NOT NULL CHECK (canceled >= 0),
    unknown    bigint NOT NULL CHECK (unknown >= 0),
    latency_ms bigint NOT NULL CHECK (latency_ms >= 0),
    CONSTRAINT job_hours_key PRIMARY KEY (user_id, hour)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE job_hours IS 'Jobs that ended, by user and hour; always equal to what job_result holds.';
COMMENT ON COLUMN job_hours.user_id IS 'Whose jobs.';
COMMENT ON COLUMN job_hours.hour IS 'The full hour (UTC) in which they ended.';
COMMENT ON COLUMN job_hours.succeeded IS 'How many had the outcome ok.';
COMMENT ON COLUMN job_hours.failed IS 'How many had the outcome permanent or dead.';
COMMENT ON COLUMN job_hours.canceled IS 'How many were stopped.';
COMMENT ON COLUMN job_hours.unknown IS 'How many may or may not have had their effect.';
COMMENT ON COLUMN job_hours.latency_ms IS 'How long the last runs of those that succeeded took, all together, in milliseconds.';
SELECT own_by('job_hours', 'user_id');

INSERT INTO job_hours (user_id, hour, succeeded, failed, canceled, unknown, latency_ms)
SELECT user_id,
       hour,
       COALESCE(sum(jobs) FILTER (WHERE outcome = 'ok'), 0),
       COALESCE(sum(jobs) FILTER (WHERE outcome IN ('permanent', 'dead')), 0),
       COALESCE(sum(jobs) FILTER (WHERE outcome = 'canceled'), 0),
       COALESCE(sum(jobs) FILTER (WHERE outcome = 'unknown'), 0),
       COALESCE(sum(latency_ms) FILTER (WHERE outcome = 'ok'), 0)
FROM job_hours_by_service
GROUP BY user_id, hour;

DROP TABLE job_hours_by_service;

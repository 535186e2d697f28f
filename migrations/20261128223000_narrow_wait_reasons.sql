-- job_later.reason allows exactly the reasons that the hub writes, so that the enum WaitReason and the column agree.
ALTER TABLE job_later DROP CONSTRAINT job_later_reason_check;
ALTER TABLE job_later ADD CONSTRAINT job_later_reason_check CHECK (reason IN ('retry', 'paused', 'reauth'));
COMMENT ON TABLE job_later IS 'Jobs that wait for a time, or for their owner to connect again; the leader moves due ones to job_ready.';
COMMENT ON COLUMN job_later.run_at IS 'Time at which the job may start.';

CREATE OR REPLACE VIEW pipeline_jobs WITH (security_invoker = true) AS
SELECT j.id,
       j.user_id,
       j.connector_id,
       j.type,
       CASE WHEN r.outcome = 'ok' THEN 'succeeded'
            WHEN r.outcome IN ('canceled', 'unknown') THEN r.outcome
            WHEN r.outcome IS NOT NULL THEN 'failed'
            WHEN l.job_id IS NOT NULL THEN 'running'
            WHEN t.reason = 'reauth' THEN 'waiting_input'
            ELSE 'queued' END AS status,
       j.input,
       r.output,
       r.error,
       COALESCE(r.started_at, l.started_at) AS started_at,
       r.finished_at,
       j.created_at,
       j.connection_id,
       j.tool_version_id,
       j.tool_name,
       j.origin,
       COALESCE(l.attempt, t.attempt, 0) AS attempt,
       COALESCE(r.run_no, l.run_no, t.run_no, 0) AS run_no,
       r.error_class,
       t.reason AS later_reason,
       t.run_at AS later_at
FROM job j
LEFT JOIN job_result r ON r.user_id = j.user_id AND r.job_id = j.id
LEFT JOIN job_lease l ON l.job_id = j.id
LEFT JOIN job_later t ON t.job_id = j.id;

-- A job that a program asked for names the program: the assistant, or the access token.
ALTER TABLE job ADD COLUMN via uuid;
COMMENT ON COLUMN job.via IS 'Id of the access token or the grant of the assistant that asked for the job; null: a person asked on a page, or the hub.';
CREATE INDEX job_by_program ON job (owner_id, via, id) WHERE via IS NOT NULL;
COMMENT ON COLUMN audit_entries.via IS 'Id of the access token or the grant of the assistant through which the user acted; null: none.';

CREATE OR REPLACE VIEW pipeline_jobs WITH (security_invoker = true) AS
SELECT j.id,
       j.owner_id,
       COALESCE(j.started_by, j.owner_id) AS user_id,
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
       t.run_at AS later_at,
       j.requester_ip,
       j.via
FROM job j
LEFT JOIN job_result r ON r.owner_id = j.owner_id AND r.job_id = j.id
LEFT JOIN job_lease l ON l.job_id = j.id
LEFT JOIN job_later t ON t.job_id = j.id;

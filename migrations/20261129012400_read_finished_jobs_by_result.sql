-- Finished jobs in a range of keys, newest first. The results choose the jobs, and what runs or waits is not looked at: the
-- view pipeline_jobs looks into four tables for each job. The planner inlines the function.
CREATE FUNCTION finished_jobs(whose uuid, after uuid, before uuid, most bigint) RETURNS TABLE (
    id uuid,
    owner_id uuid,
    connector_id uuid,
    connection_id uuid,
    tool_version_id uuid,
    tool_name text,
    type text,
    status text,
    created_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT j.id,
           j.owner_id,
           j.connector_id,
           j.connection_id,
           j.tool_version_id,
           j.tool_name,
           j.type,
           CASE WHEN r.outcome = 'ok' THEN 'succeeded'
                WHEN r.outcome IN ('canceled', 'unknown') THEN r.outcome
                ELSE 'failed' END,
           j.created_at,
           r.started_at,
           r.finished_at
    FROM (
        SELECT f.job_id, f.outcome, f.started_at, f.finished_at
        FROM job_result f
        WHERE f.owner_id = whose AND f.job_id > after AND f.job_id < before
        ORDER BY f.job_id DESC
        LIMIT most
    ) r
    JOIN job j ON j.owner_id = whose AND j.id = r.job_id
$$;
COMMENT ON FUNCTION finished_jobs(uuid, uuid, uuid, bigint) IS 'At most that many finished jobs of an owner with keys between the two, newest first, as pipeline_jobs shows them.';

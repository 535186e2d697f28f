-- What the dashboard says about a week of jobs beside their numbers: why they failed, and which tools are slow. A page would have
-- to read each job for this, so the processes that run jobs write one row for each owner, every few minutes.

CREATE TABLE job_trends (
    owner_id uuid PRIMARY KEY REFERENCES owners (id) ON DELETE CASCADE,
    made_at  timestamptz NOT NULL,
    causes   json NOT NULL,
    tools    json NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE job_trends IS 'Causes of failures and slow tools among the newest jobs of a week, one row for each owner.';
COMMENT ON COLUMN job_trends.owner_id IS 'Owner of the jobs.';
COMMENT ON COLUMN job_trends.made_at IS 'Time at which the row was written.';
COMMENT ON COLUMN job_trends.causes IS 'The most frequent causes: connector, slug, cause and jobs of each.';
COMMENT ON COLUMN job_trends.tools IS 'The slowest tools: connector, slug, tool, title, jobs and p95_ms of each.';
SELECT own_by('job_trends');

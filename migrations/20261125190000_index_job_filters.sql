-- Indexes for what the list of jobs is filtered by. Each begins with user_id and ends with the job, newest first: a page
-- is read off the index, however long the history. An outcome has its index already (job_result_by_outcome).

CREATE INDEX job_by_connector ON job (user_id, connector_id, id DESC);
CREATE INDEX job_by_tool ON job (user_id, tool_name, id DESC);

-- what waits: a user may have thousands of jobs among those of all
CREATE INDEX job_ready_by_user ON job_ready (user_id, job_id);
CREATE INDEX job_later_by_user ON job_later (user_id, job_id);

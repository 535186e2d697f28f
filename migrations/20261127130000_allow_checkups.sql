-- A check-up of a connection is a job like any other, but runs no tool.

ALTER TABLE job ALTER COLUMN tool_version_id DROP NOT NULL;
COMMENT ON COLUMN job.type IS 'What kind of work: tool.call is a tool invocation, connection.checkup a check-up of its connection.';
COMMENT ON COLUMN job.tool_version_id IS 'The definition it was validated against and runs; null: it runs no tool.';

-- the newest check-up of a connection; other jobs are not in it, so they pay nothing for it
CREATE INDEX job_checkups ON job (user_id, connection_id, id DESC) WHERE type = 'connection.checkup';

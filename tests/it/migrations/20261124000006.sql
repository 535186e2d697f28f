-- ids of this month, where the partitions are
INSERT INTO job (user_id, id, connector_id, connection_id, tool_version_id, tool_name, origin, input, created_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', uuid_floor(clock_timestamp()), '00000000-0000-7000-8000-0000000000ca', '00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000ea', 'echo', 'browser', '{}', clock_timestamp());
INSERT INTO job_result (user_id, job_id, run_no, outcome, finished_at)
    SELECT user_id, id, 1, 'ok', clock_timestamp() FROM job;
INSERT INTO pipeline_events (user_id, job_id, run_no, n, id, level, message, ts)
    SELECT user_id, id, 0, 0, id, 'info', 'Accepted', clock_timestamp() FROM job;
INSERT INTO audit_entries (user_id, id, action, actor, origin, job_id, outcome, created_at)
    SELECT user_id, id, 'job.finished', 'user', 'browser', id, 'success', clock_timestamp() FROM job;
INSERT INTO audit_bodies (user_id, entry_id, request, salt)
    SELECT user_id, id, '{}', '\x00' FROM audit_entries;

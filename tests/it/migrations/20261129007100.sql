-- an entry with an outcome that only jobs had before; the one of the log's first migration keeps its own
INSERT INTO audit_entries (owner_id, id, action, actor, origin, job_id, outcome, created_at)
    SELECT owner_id, uuid_floor(clock_timestamp() + interval '1 second'), 'job.finished', 'user', 'browser', id, 'canceled', clock_timestamp()
    FROM job LIMIT 1;

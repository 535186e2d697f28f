-- the partitioned tables have no partition yet: their rows come with the next migration
INSERT INTO lane (queue, user_id, connection_id, connector_id) VALUES
    ('tool', '00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000ca');
INSERT INTO job_ready (user_id, job_id, queue, lane) VALUES
    ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-000000000001', 'tool', 1);
INSERT INTO job_later (job_id, run_at, user_id, queue, lane, attempt, run_no, reason) VALUES
    ('00000000-0000-7000-8000-000000000002', clock_timestamp(), '00000000-0000-7000-8000-00000000000a', 'tool', 1, 1, 1, 'retry');
INSERT INTO job_lease (job_id, run_no, attempt, worker_id, queue, lane, user_id, connector_id, repeatable, started_at, deadline_at) VALUES
    ('00000000-0000-7000-8000-000000000003', 1, 1, '00000000-0000-7000-8000-0000000000b1', 'tool', 1, '00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000ca', true, clock_timestamp(), clock_timestamp());
INSERT INTO worker (id, beat_at, info) VALUES ('00000000-0000-7000-8000-0000000000b1', clock_timestamp(), 'host 1');
INSERT INTO leader (name, worker_id, expires_at) VALUES ('chores', '00000000-0000-7000-8000-0000000000b1', clock_timestamp());
INSERT INTO job_cancel (job_id, user_id, requested_at) VALUES
    ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-00000000000a', clock_timestamp());
INSERT INTO idem_key (user_id, key, job_id, expires_at) VALUES
    ('00000000-0000-7000-8000-00000000000a', 'once', '00000000-0000-7000-8000-000000000001', clock_timestamp());

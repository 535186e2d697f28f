-- Jobs: the body is written once and never rewritten; the queue moves small rows between tiny tables; results and
-- events are append-only. A job's status is where it is (the view at the end), never a stored column.

CREATE FUNCTION uuid_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;
COMMENT ON FUNCTION uuid_floor(timestamptz) IS 'The smallest time-ordered (version 7) uuid of a moment: bounds of monthly partitions.';

CREATE TABLE job (
    user_id         uuid NOT NULL,
    id              uuid NOT NULL,
    type            text NOT NULL DEFAULT 'tool.call',
    connector_id    uuid NOT NULL,
    connection_id   uuid NOT NULL,
    tool_version_id uuid NOT NULL,
    tool_name       text NOT NULL,
    origin          text NOT NULL CHECK (origin IN ('browser', 'assistant', 'schedule', 'workflow', 'system', 'cli')),
    input           text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, connection_id) REFERENCES user_connections (user_id, id)
) PARTITION BY RANGE (id);
COMMENT ON TABLE job IS 'A call that was accepted: immutable, partitioned by month of its time-ordered id.';
COMMENT ON COLUMN job.user_id IS 'Whose job.';
COMMENT ON COLUMN job.id IS 'Time-ordered: the newest is the greatest, and it tells the partition.';
COMMENT ON COLUMN job.type IS 'What kind of work; tool.call is a tool invocation.';
COMMENT ON COLUMN job.connector_id IS 'Which service (kept after the connector is gone).';
COMMENT ON COLUMN job.connection_id IS 'Through which of the user''s connections.';
COMMENT ON COLUMN job.tool_version_id IS 'The definition it was validated against and runs.';
COMMENT ON COLUMN job.tool_name IS 'Copied, so that a list needs no join.';
COMMENT ON COLUMN job.origin IS 'From where it was asked for.';
COMMENT ON COLUMN job.input IS 'Arguments as JSON text, as validated (text: jsonb would lose order and number spelling).';
COMMENT ON COLUMN job.created_at IS 'When it was accepted.';
SELECT own_by('job', 'user_id');

CREATE TABLE job_result (
    user_id     uuid NOT NULL,
    job_id      uuid NOT NULL,
    run_no      integer NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('ok', 'permanent', 'dead', 'canceled', 'unknown')),
    error_class text,
    error       text,
    output      text,
    started_at  timestamptz,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, job_id)
) PARTITION BY RANGE (job_id);
CREATE INDEX job_result_by_outcome ON job_result (user_id, outcome, job_id DESC);
COMMENT ON TABLE job_result IS 'How a job ended; one row a job, written once.';
COMMENT ON COLUMN job_result.user_id IS 'Whose job.';
COMMENT ON COLUMN job_result.job_id IS 'The job that ended.';
COMMENT ON COLUMN job_result.run_no IS 'The run that ended it.';
COMMENT ON COLUMN job_result.outcome IS 'ok, permanent, dead (gave up), canceled, or unknown (the call may have happened).';
COMMENT ON COLUMN job_result.error_class IS 'Machine word for the cause (timeout, tool_error, crash …).';
COMMENT ON COLUMN job_result.error IS 'The cause in words, for the page.';
COMMENT ON COLUMN job_result.output IS 'Result as JSON text.';
COMMENT ON COLUMN job_result.started_at IS 'When the last run began; null if it never ran.';
COMMENT ON COLUMN job_result.finished_at IS 'When it ended.';
SELECT own_by('job_result', 'user_id');

CREATE TABLE pipeline_events (
    user_id uuid NOT NULL,
    job_id  uuid NOT NULL,
    run_no  integer NOT NULL,
    n       integer NOT NULL,
    id      uuid NOT NULL,
    level   text NOT NULL CHECK (level IN ('info', 'warn', 'error')),
    message text NOT NULL,
    data    text,
    ts      timestamptz NOT NULL,
    PRIMARY KEY (user_id, job_id, run_no, n)
) PARTITION BY RANGE (job_id);
COMMENT ON TABLE pipeline_events IS 'What happened in a job, in order: (run_no, n) has one writer a run, so a stream resumes exactly.';
COMMENT ON COLUMN pipeline_events.user_id IS 'Whose job.';
COMMENT ON COLUMN pipeline_events.job_id IS 'The job it happened in.';
COMMENT ON COLUMN pipeline_events.run_no IS '0: accepted or canceled while queued; else the run that wrote it.';
COMMENT ON COLUMN pipeline_events.n IS 'Counts from 0 in a run.';
COMMENT ON COLUMN pipeline_events.id IS 'Public id of the event.';
COMMENT ON COLUMN pipeline_events.level IS 'info, warn or error.';
COMMENT ON COLUMN pipeline_events.message IS 'One line in words.';
COMMENT ON COLUMN pipeline_events.data IS 'Details as JSON text (progress, total …).';
COMMENT ON COLUMN pipeline_events.ts IS 'When it happened.';
SELECT own_by('pipeline_events', 'user_id');

-- The hot tables: ids and times only, keyed for the queue, so without row-level security. What they say of a job is
-- reached by joining from its protected row.

CREATE TABLE lane (
    lane          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue         text NOT NULL,
    user_id       uuid NOT NULL,
    connection_id uuid NOT NULL,
    connector_id  uuid NOT NULL,
    cap           integer NOT NULL DEFAULT 8 CHECK (cap > 0),
    paused        boolean NOT NULL DEFAULT false,
    UNIQUE (queue, user_id, connection_id)
);
COMMENT ON TABLE lane IS 'Tenants with work: one (user, connection); claims go round robin over lanes.';
COMMENT ON COLUMN lane.lane IS 'Short key of the lane, for the queue''s indexes.';
COMMENT ON COLUMN lane.queue IS 'Which queue it waits in.';
COMMENT ON COLUMN lane.user_id IS 'The tenant.';
COMMENT ON COLUMN lane.connection_id IS 'Through which of the user''s connections.';
COMMENT ON COLUMN lane.connector_id IS 'Which service, for its cap.';
COMMENT ON COLUMN lane.cap IS 'Most jobs of this lane that may run at once.';
COMMENT ON COLUMN lane.paused IS 'True: accepts go on, claims do not.';

CREATE TABLE job_ready (
    seq        bigint GENERATED ALWAYS AS IDENTITY,
    user_id    uuid NOT NULL,
    job_id     uuid PRIMARY KEY,
    queue      text NOT NULL,
    prio       smallint NOT NULL DEFAULT 0,
    lane       bigint NOT NULL,
    attempt    integer NOT NULL DEFAULT 0,
    crashes    integer NOT NULL DEFAULT 0,
    run_no     integer NOT NULL DEFAULT 0,
    repeatable boolean NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- the only way in, so that no plan probes a lane through the arrivals of all
CREATE INDEX job_ready_by_lane ON job_ready (queue, lane, seq);
COMMENT ON TABLE job_ready IS 'May start now; a claim deletes the row.';
COMMENT ON COLUMN job_ready.user_id IS 'Whose job.';
COMMENT ON COLUMN job_ready.job_id IS 'The job that may start.';
COMMENT ON COLUMN job_ready.queue IS 'Which queue it waits in.';
COMMENT ON COLUMN job_ready.prio IS 'Lower starts first.';
COMMENT ON COLUMN job_ready.lane IS 'The tenant it counts for.';
COMMENT ON COLUMN job_ready.seq IS 'Arrival order; every re-enqueue takes a new one, so a claim cursor never misses it.';
COMMENT ON COLUMN job_ready.attempt IS 'How often it was tried for retries'' sake (not a fence).';
COMMENT ON COLUMN job_ready.crashes IS 'How many of its runs were lost with their process; it moves along with the row.';
COMMENT ON COLUMN job_ready.repeatable IS 'Decided at accept; it moves along with the row until a crash asks.';
COMMENT ON COLUMN job_ready.run_no IS 'The last run; a claim raises it.';

CREATE TABLE job_later (
    job_id     uuid PRIMARY KEY,
    run_at     timestamptz NOT NULL,
    user_id    uuid NOT NULL,
    queue      text NOT NULL,
    prio       smallint NOT NULL DEFAULT 0,
    lane       bigint NOT NULL,
    attempt    integer NOT NULL,
    crashes    integer NOT NULL,
    run_no     integer NOT NULL,
    repeatable boolean NOT NULL,
    reason     text NOT NULL CHECK (reason IN ('retry', 'schedule', 'snooze', 'rate', 'breaker', 'paused', 'reauth', 'wait', 'approval'))
);
CREATE INDEX job_later_by_time ON job_later (run_at);
COMMENT ON TABLE job_later IS 'Waits for a time or an answer; the leader promotes what is due.';
COMMENT ON COLUMN job_later.job_id IS 'The job that waits.';
COMMENT ON COLUMN job_later.run_at IS 'When it may start; far off for an answer that only a person gives.';
COMMENT ON COLUMN job_later.user_id IS 'Whose job.';
COMMENT ON COLUMN job_later.queue IS 'Which queue it goes back to.';
COMMENT ON COLUMN job_later.prio IS 'Lower starts first.';
COMMENT ON COLUMN job_later.lane IS 'The tenant it counts for.';
COMMENT ON COLUMN job_later.attempt IS 'How often it was tried for retries'' sake.';
COMMENT ON COLUMN job_later.crashes IS 'How many of its runs were lost with their process.';
COMMENT ON COLUMN job_later.repeatable IS 'Decided at accept; it moves along with the row until a crash asks.';
COMMENT ON COLUMN job_later.run_no IS 'The last run; a claim raises it.';
COMMENT ON COLUMN job_later.reason IS 'Why it waits; the page says it in words.';

CREATE TABLE job_lease (
    job_id       uuid PRIMARY KEY,
    run_no       integer NOT NULL,
    attempt      integer NOT NULL,
    crashes      integer NOT NULL,
    worker_id    uuid NOT NULL,
    queue        text NOT NULL,
    lane         bigint NOT NULL,
    user_id      uuid NOT NULL,
    connector_id uuid NOT NULL,
    repeatable   boolean NOT NULL,
    started_at   timestamptz NOT NULL,
    deadline_at  timestamptz NOT NULL,
    lease_seq    bigint GENERATED ALWAYS AS IDENTITY
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_lease_by_seq ON job_lease (lease_seq);
CREATE INDEX job_lease_by_deadline ON job_lease (deadline_at);
CREATE INDEX job_lease_by_worker ON job_lease (worker_id);
COMMENT ON TABLE job_lease IS 'Runs now, in worker_id, as run_no; a finish deletes the row by (job_id, run_no), so a fenced-out worker writes nothing.';
COMMENT ON COLUMN job_lease.job_id IS 'The job that runs.';
COMMENT ON COLUMN job_lease.run_no IS 'This run: the fence of its finish.';
COMMENT ON COLUMN job_lease.attempt IS 'How often it was tried for retries'' sake.';
COMMENT ON COLUMN job_lease.crashes IS 'How many of its runs were lost with their process.';
COMMENT ON COLUMN job_lease.worker_id IS 'The process that runs it.';
COMMENT ON COLUMN job_lease.queue IS 'Which queue it came from.';
COMMENT ON COLUMN job_lease.lane IS 'The tenant it counts for.';
COMMENT ON COLUMN job_lease.user_id IS 'Whose job, for the cap per user.';
COMMENT ON COLUMN job_lease.connector_id IS 'Which service, for the cap per connector.';
COMMENT ON COLUMN job_lease.started_at IS 'When the run began, by the clock of its process, like the result''s times.';
COMMENT ON COLUMN job_lease.lease_seq IS 'Order of claims: running sets are counted from a cursor on.';
COMMENT ON COLUMN job_lease.repeatable IS 'True: a crash may run it again (read-only or idempotent); false: it ends as unknown.';
COMMENT ON COLUMN job_lease.deadline_at IS 'Database clock; past it (and a grace) anyone may end it.';

CREATE TABLE worker (
    id      uuid PRIMARY KEY,
    beat_at timestamptz NOT NULL,
    info    text NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE worker IS 'Processes that run jobs; each writes its beat every 5 seconds by the database''s clock.';
COMMENT ON COLUMN worker.id IS 'The process, new at each start.';
COMMENT ON COLUMN worker.beat_at IS 'Last sign of life, by the database''s clock.';
COMMENT ON COLUMN worker.info IS 'Host and process number, for people.';
SELECT keep_for_system('worker');

CREATE TABLE leader (
    name       text PRIMARY KEY,
    worker_id  uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE leader IS 'Who does the chores (promote, rescue, partitions); a lease of 10 seconds, database clock.';
COMMENT ON COLUMN leader.name IS 'Which chore.';
COMMENT ON COLUMN leader.worker_id IS 'Who does it.';
COMMENT ON COLUMN leader.expires_at IS 'When another may take over, by the database''s clock.';
SELECT keep_for_system('leader');

CREATE TABLE job_cancel (
    job_id       uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    requested_at timestamptz NOT NULL
);
COMMENT ON TABLE job_cancel IS 'A running job that its owner asked to stop; the worker ends it and the finish deletes the row.';
COMMENT ON COLUMN job_cancel.job_id IS 'The running job to stop.';
COMMENT ON COLUMN job_cancel.user_id IS 'Who asked: its owner.';
COMMENT ON COLUMN job_cancel.requested_at IS 'When.';

CREATE TABLE idem_key (
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    job_id     uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idem_key_by_expiry ON idem_key (expires_at);
COMMENT ON TABLE idem_key IS 'A form or call sent twice makes one job: the second accept finds the first one''s id here.';
COMMENT ON COLUMN idem_key.user_id IS 'Whose key.';
COMMENT ON COLUMN idem_key.key IS 'What the sender gave.';
COMMENT ON COLUMN idem_key.job_id IS 'The job that the first request made.';
COMMENT ON COLUMN idem_key.expires_at IS 'When the key may be used again.';
SELECT own_by('idem_key', 'user_id');

CREATE VIEW pipeline_jobs WITH (security_invoker = true) AS
SELECT j.id,
       j.user_id,
       j.connector_id,
       j.type,
       CASE WHEN r.outcome = 'ok' THEN 'succeeded'
            WHEN r.outcome IN ('canceled', 'unknown') THEN r.outcome
            WHEN r.outcome IS NOT NULL THEN 'failed'
            WHEN l.job_id IS NOT NULL THEN 'running'
            WHEN t.reason IN ('reauth', 'wait') THEN 'waiting_input'
            WHEN t.reason = 'approval' THEN 'awaiting_approval'
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
COMMENT ON VIEW pipeline_jobs IS 'A job as people see it: where its rows are, as a status.';

-- Audit: entries that never change, and beside them the bodies that retention and erasure may delete.

CREATE TABLE audit_entries (
    user_id         uuid NOT NULL,
    id              uuid NOT NULL,
    action          text NOT NULL,
    actor           text NOT NULL CHECK (actor IN ('user', 'system')),
    origin          text NOT NULL CHECK (origin IN ('browser', 'assistant', 'schedule', 'workflow', 'system', 'cli')),
    target_kind     text,
    target_id       text,
    connector_id    uuid,
    tool_name       text,
    job_id          uuid,
    outcome         text NOT NULL CHECK (outcome IN ('success', 'error')),
    error_class     text,
    latency_ms      integer,
    request_digest  bytea,
    response_digest bytea,
    identity_digest bytea,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX audit_entries_by_action ON audit_entries (user_id, action, id DESC);
CREATE INDEX audit_entries_by_job ON audit_entries (user_id, job_id, id DESC);
COMMENT ON TABLE audit_entries IS 'What was done, by whom, to what, with which outcome: append-only, no cascade, no foreign key.';
COMMENT ON COLUMN audit_entries.id IS 'Time-ordered.';
COMMENT ON COLUMN audit_entries.user_id IS 'Whose log; all zeros: the hub''s own (such as a sign-in with an unknown address).';
COMMENT ON COLUMN audit_entries.action IS 'noun.past, from the Action enum.';
COMMENT ON COLUMN audit_entries.actor IS 'The user, or the system on the user''s behalf.';
COMMENT ON COLUMN audit_entries.origin IS 'From where.';
COMMENT ON COLUMN audit_entries.target_kind IS 'Noun of what was acted on.';
COMMENT ON COLUMN audit_entries.target_id IS 'Its id or name.';
COMMENT ON COLUMN audit_entries.connector_id IS 'The service involved, if any.';
COMMENT ON COLUMN audit_entries.tool_name IS 'The tool that ran, if any.';
COMMENT ON COLUMN audit_entries.job_id IS 'The job, if any.';
COMMENT ON COLUMN audit_entries.outcome IS 'success or error.';
COMMENT ON COLUMN audit_entries.error_class IS 'Machine word for the cause.';
COMMENT ON COLUMN audit_entries.latency_ms IS 'How long the act took, if measured.';
COMMENT ON COLUMN audit_entries.request_digest IS 'Salted SHA-256 of the request body, so that it can be proved without being kept.';
COMMENT ON COLUMN audit_entries.response_digest IS 'Salted SHA-256 of the response body.';
COMMENT ON COLUMN audit_entries.identity_digest IS 'Salted SHA-256 of address and agent.';
COMMENT ON COLUMN audit_entries.created_at IS 'When it happened.';
SELECT own_by('audit_entries', 'user_id');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE audit_bodies (
    user_id  uuid NOT NULL,
    entry_id uuid NOT NULL,
    request  text,
    response text,
    error    text,
    ip       text,
    agent    text,
    salt     bytea NOT NULL,
    PRIMARY KEY (user_id, entry_id)
) PARTITION BY RANGE (entry_id);
COMMENT ON TABLE audit_bodies IS 'The part of an entry that may be deleted: redacted bodies, identity, and the salt of the digests.';
COMMENT ON COLUMN audit_bodies.user_id IS 'Whose log.';
COMMENT ON COLUMN audit_bodies.entry_id IS 'The entry it belongs to.';
COMMENT ON COLUMN audit_bodies.request IS 'Redacted request as JSON text.';
COMMENT ON COLUMN audit_bodies.response IS 'Redacted response as JSON text.';
COMMENT ON COLUMN audit_bodies.error IS 'The cause in words.';
COMMENT ON COLUMN audit_bodies.ip IS 'Address the act came from.';
COMMENT ON COLUMN audit_bodies.agent IS 'User agent it came from.';
COMMENT ON COLUMN audit_bodies.salt IS 'Salt of the entry''s digests; without it they cannot be matched.';
SELECT own_by('audit_bodies', 'user_id');

CREATE VIEW action_logs WITH (security_invoker = true) AS
SELECT e.id,
       e.user_id,
       e.connector_id,
       e.tool_name,
       b.request,
       b.response,
       e.outcome AS status,
       b.error,
       e.latency_ms,
       e.created_at,
       e.action,
       e.actor,
       e.origin,
       e.target_kind,
       e.target_id,
       e.job_id,
       e.error_class,
       b.ip,
       b.agent
FROM audit_entries e
LEFT JOIN audit_bodies b ON b.user_id = e.user_id AND b.entry_id = e.id;
COMMENT ON VIEW action_logs IS 'Audit entries with what is still kept of their bodies.';

CREATE FUNCTION ensure_partitions(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    child  text;
    month  timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOREACH month IN ARRAY ARRAY[date_trunc('month', at, 'UTC'), date_trunc('month', at, 'UTC') + interval '1 month'] LOOP
        FOREACH parent IN ARRAY ARRAY['job', 'job_result', 'pipeline_events', 'audit_entries', 'audit_bodies'] LOOP
            child := parent || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                    uuid_floor(month), uuid_floor(date_trunc('month', month + interval '32 days', 'UTC')));
                -- a partition that is read directly bypasses its parent's policy
                PERFORM own_by(child::regclass, 'user_id');
            END IF;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION ensure_partitions(timestamptz) IS 'Makes the partitions of a moment''s month and the next; called at start and daily.';
SELECT ensure_partitions(clock_timestamp());

-- Outcomes of entries in the words of jobs. Entries never change, so older ones keep 'success' and 'error'. A process of the
-- former version, which still finishes its runs while the hub is replaced, may write these two as well.
ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_outcome_check;
ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_outcome_check
    CHECK (outcome IN ('succeeded', 'failed', 'canceled', 'unknown', 'success', 'error'));
COMMENT ON COLUMN audit_entries.outcome IS 'succeeded, failed, canceled or unknown; in older entries success or error.';
COMMENT ON COLUMN audit_entries.actor IS 'user: a person acted, or asked for the job that ended; system: the hub acted, for a person.';
COMMENT ON COLUMN audit_entries.origin IS 'Origin of the action; of an ended job, the origin of its request.';

-- most entries are of successes, which need no index of their own
DROP INDEX audit_entries_failed;
CREATE INDEX audit_entries_by_outcome ON audit_entries (owner_id, outcome, id DESC)
    WHERE outcome IN ('failed', 'canceled', 'unknown', 'error');

DROP VIEW action_logs;
CREATE VIEW action_logs WITH (security_invoker = true) AS
SELECT e.id,
       e.owner_id,
       COALESCE(e.actor_id, e.owner_id) AS user_id,
       e.connector_id,
       e.tool_name,
       b.request,
       b.response,
       CASE WHEN e.outcome IN ('succeeded', 'success') THEN 'success' ELSE 'error' END AS status,
       b.error,
       e.latency_ms,
       e.created_at,
       e.action,
       e.actor,
       e.origin,
       e.via,
       e.target_kind,
       e.target_id,
       e.job_id,
       e.error_class,
       b.ip,
       b.agent,
       CASE e.outcome WHEN 'success' THEN 'succeeded' WHEN 'error' THEN 'failed' ELSE e.outcome END AS outcome
FROM audit_entries e
LEFT JOIN audit_bodies b ON b.owner_id = e.owner_id AND b.entry_id = e.id;
COMMENT ON VIEW action_logs IS 'Audit entries with the stored part of their bodies. status is success or error, outcome one of the four words.';

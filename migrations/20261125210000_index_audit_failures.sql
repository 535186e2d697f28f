-- What the audit log is asked for most is what went wrong. Failures are few, so an index of them alone costs the
-- entries of jobs that end well nothing. Whole or by action, the log has its indexes already; what else it is narrowed
-- by (who, service, words) is looked for in a bounded number of entries: an index of each would slow down every write.

CREATE INDEX audit_entries_failed ON audit_entries (user_id, id DESC) WHERE outcome = 'error';

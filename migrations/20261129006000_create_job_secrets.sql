-- The secret arguments of a job lie apart from its body, sealed, and only until the job ends.

CREATE TABLE job_secret (
    owner_id uuid NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    job_id   uuid NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (owner_id, job_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE job_secret IS 'Secret arguments of unfinished jobs. The statement that ends a job deletes its row.';
COMMENT ON COLUMN job_secret.owner_id IS 'Owner of the job.';
COMMENT ON COLUMN job_secret.job_id IS 'Job that was given the arguments.';
COMMENT ON COLUMN job_secret.sealed IS 'Envelope of pairs of JSON Pointer and value, sealed with the owner''s data key; see src/vault.';
SELECT own_by('job_secret');

COMMENT ON COLUMN job.input IS 'Arguments as JSON text, validated. A mask stands in place of each secret; see job_secret.';

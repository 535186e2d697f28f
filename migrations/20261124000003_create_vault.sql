-- Vault: sealed secrets under per-user data keys, themselves wrapped by the master key.

CREATE TABLE data_keys (
    user_id       uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    master_key_id text NOT NULL,
    wrapped       bytea NOT NULL,
    created_at    timestamptz NOT NULL
);
COMMENT ON TABLE data_keys IS 'One data key a user; destroying the row makes the user''s secrets unreadable.';
COMMENT ON COLUMN data_keys.user_id IS 'Whose secrets this key seals.';
COMMENT ON COLUMN data_keys.master_key_id IS 'Which master key wraps it (its fingerprint).';
COMMENT ON COLUMN data_keys.wrapped IS 'Envelope: algorithm, key id, nonce, sealed 32-byte key.';
COMMENT ON COLUMN data_keys.created_at IS 'When the key was made.';
SELECT own_by('data_keys', 'user_id');

CREATE TABLE secrets (
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id         uuid NOT NULL,
    purpose    text NOT NULL,
    version    integer NOT NULL DEFAULT 1,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE secrets IS 'What vault://secrets/<id> points to; other tables hold only that reference.';
COMMENT ON COLUMN secrets.user_id IS 'Whose secret.';
COMMENT ON COLUMN secrets.id IS 'Named by the reference.';
COMMENT ON COLUMN secrets.purpose IS 'Which field of which thing it is (bound into the seal).';
COMMENT ON COLUMN secrets.version IS 'Raised when replaced in place (bound into the seal, so an old value cannot be put back).';
COMMENT ON COLUMN secrets.sealed IS 'Envelope: algorithm, key id, nonce, ciphertext; see src/vault.';
COMMENT ON COLUMN secrets.created_at IS 'When the secret was stored.';
SELECT own_by('secrets', 'user_id');

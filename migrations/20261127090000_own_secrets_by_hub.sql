-- The hub is somebody to providers for all of its users: what it proves itself with is sealed under a key of its own. Its rows
-- have the nil id, which is no user's; so that those of a user go with the user, a trigger stands where the reference stood.
ALTER TABLE data_keys DROP CONSTRAINT data_keys_user_id_fkey;
ALTER TABLE secrets DROP CONSTRAINT secrets_user_id_fkey;
ALTER TABLE oauth_clients DROP CONSTRAINT oauth_clients_user_id_fkey;

CREATE FUNCTION forget_secrets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM oauth_clients WHERE user_id = OLD.id;
    DELETE FROM secrets WHERE user_id = OLD.id;
    DELETE FROM data_keys WHERE user_id = OLD.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION forget_secrets() IS 'Trigger of users: their secrets, and the key to them, go with them.';
CREATE TRIGGER forget_secrets AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION forget_secrets();

COMMENT ON COLUMN data_keys.user_id IS 'Whose secrets this key seals; nil: the hub''s own.';
COMMENT ON COLUMN data_keys.master_key_id IS 'Which master key wraps it: its fingerprint, or the key and version of Vault.';
COMMENT ON COLUMN data_keys.wrapped IS 'Sealed 32-byte key: an envelope (algorithm, key id, nonce, ciphertext), or what Vault has made of it.';
COMMENT ON COLUMN secrets.user_id IS 'Whose secret; nil: the hub''s own.';
COMMENT ON COLUMN oauth_clients.user_id IS 'Whose sign-ins it is for; nil: everybody''s.';

-- A grant is renewed and ended by the client that it was made with, also when a newer one has been entered since.
ALTER TABLE oauth_clients DROP CONSTRAINT oauth_clients_user_id_issuer_redirect_uri_key;
ALTER TABLE oauth_clients ADD COLUMN auth text;
ALTER TABLE oauth_clients ADD UNIQUE (user_id, issuer, redirect_uri, client_id);
COMMENT ON COLUMN oauth_clients.auth IS 'How it proves itself at the token endpoint; null: as the description of the provider says.';
COMMENT ON COLUMN oauth_clients.source IS 'document (a client-id metadata document of the hub), registered (by the hub itself) or entered (by a person).';

ALTER TABLE oauth_transactions ADD COLUMN oauth_client_id uuid;
ALTER TABLE oauth_transactions ADD COLUMN entered json NOT NULL DEFAULT '{}';
COMMENT ON COLUMN oauth_transactions.oauth_client_id IS 'Who the hub is in it: a client of the user, or of the hub.';
COMMENT ON COLUMN oauth_transactions.entered IS 'What the user was asked for besides, by name; nothing secret.';

ALTER TABLE user_connections ADD COLUMN oauth_client_id uuid;
ALTER TABLE user_connections ADD COLUMN external_id text;
COMMENT ON COLUMN user_connections.oauth_client_id IS 'Who the hub is in its grant: a client of the user, or of the hub; null: the newest of the provider.';
COMMENT ON COLUMN user_connections.external_id IS 'What the service calls the account, if known; unlike its name this never changes.';
COMMENT ON COLUMN user_connections.captured IS 'What its owner entered besides the credential, and what was kept from the grant (instance URL, workspace …), by name.';

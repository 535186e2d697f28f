-- A provider that refuses the application which serves all users: administrators are told once, and see it until it works.

ALTER TABLE oauth_clients
    ADD COLUMN refusal text,
    ADD COLUMN refusal_at timestamptz,
    ADD COLUMN refusal_of uuid REFERENCES connectors (id) ON DELETE SET NULL,
    ADD COLUMN notice_at timestamptz;
COMMENT ON COLUMN oauth_clients.refusal IS 'Of an application that serves all users: what its provider says against it; null: nothing, as far as is known.';
COMMENT ON COLUMN oauth_clients.refusal_at IS 'Since when.';
COMMENT ON COLUMN oauth_clients.refusal_of IS 'The service at which that was found.';
COMMENT ON COLUMN oauth_clients.notice_at IS 'When administrators are to be told of the refusal; null: they need not be, or have been.';

CREATE INDEX oauth_clients_to_tell ON oauth_clients (notice_at) WHERE notice_at IS NOT NULL;

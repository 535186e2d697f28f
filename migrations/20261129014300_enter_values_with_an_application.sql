-- Some services ask for more than the id and the secret of an OAuth application, such as the token of its bot.
ALTER TABLE connectors ADD COLUMN application_fields jsonb;
COMMENT ON COLUMN connectors.application_fields IS 'Fields that an administrator fills in with the OAuth application, as the connector’s file describes them; null if there are none.';

ALTER TABLE oauth_clients
    ADD COLUMN application_values jsonb,
    ADD COLUMN application_ref text CHECK (application_ref LIKE 'vault://secrets/%');
COMMENT ON COLUMN oauth_clients.application_values IS 'Values by name that were entered with the client; none is secret. Null if there are none.';
COMMENT ON COLUMN oauth_clients.application_ref IS 'Reference to the secret values that were entered with the client; null if there are none.';

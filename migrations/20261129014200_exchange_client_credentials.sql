-- The users of some services enter the id and the secret of an application; the hub exchanges them for an access token.
ALTER TABLE connectors ADD COLUMN client_credentials jsonb;
COMMENT ON COLUMN connectors.client_credentials IS 'Grant whose access token is the key, as the connector’s file describes it; null if there is none.';
COMMENT ON COLUMN user_connections.secret_ref_refresh IS 'Reference to the refresh token, or to the secret of the application that the owner entered; null if the credential cannot be refreshed.';

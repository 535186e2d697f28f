-- A grant of some providers covers several sites or organisations, of which a connection uses one. The hub asks the service which
-- there are. If there are several, the grant waits sealed until the user has chosen.
ALTER TABLE connectors ADD COLUMN after_token jsonb;
COMMENT ON COLUMN connectors.after_token IS 'Requests after a sign-in that list what the grant covers, as the connector’s file describes them; null if there are none.';

ALTER TABLE oauth_transactions
    ADD COLUMN grant_ref text CHECK (grant_ref LIKE 'vault://secrets/%'),
    ADD COLUMN choices jsonb,
    DROP CONSTRAINT oauth_transactions_status_check,
    ADD CONSTRAINT oauth_transactions_status_check CHECK (status IN ('started', 'awaiting_choice', 'completed', 'failed')),
    ADD CONSTRAINT oauth_transactions_choice_check CHECK ((status = 'awaiting_choice') = (grant_ref IS NOT NULL AND choices IS NOT NULL));
COMMENT ON COLUMN oauth_transactions.grant_ref IS 'Reference to the grant that waits for a choice; null otherwise.';
COMMENT ON COLUMN oauth_transactions.choices IS 'What the user can choose from while the grant waits; null otherwise.';
COMMENT ON COLUMN oauth_transactions.status IS 'started, awaiting_choice, completed or failed.';

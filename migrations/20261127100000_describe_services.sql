-- What the files of shipped REST services say, stored for whoever connects them and, later, calls them.
ALTER TABLE connectors DROP CONSTRAINT connectors_visibility_check;
ALTER TABLE connectors ADD CHECK (visibility IN ('private', 'administrators', 'everyone'));
ALTER TABLE connectors ADD COLUMN docs_url text;
ALTER TABLE connectors ADD COLUMN api_headers json;
ALTER TABLE connectors ADD COLUMN account_call json;
ALTER TABLE connectors ADD COLUMN check_call json;
COMMENT ON COLUMN connectors.visibility IS 'private for one''s own; everyone, or administrators while there are no tools yet, for shipped ones.';
COMMENT ON COLUMN connectors.docs_url IS 'The provider''s page about making an OAuth application, or a key.';
COMMENT ON COLUMN connectors.api_headers IS 'Headers of every call, for rest.';
COMMENT ON COLUMN connectors.account_call IS 'How to learn whose account it is, for rest.';
COMMENT ON COLUMN connectors.check_call IS 'A harmless call that proves a credential, for rest.';

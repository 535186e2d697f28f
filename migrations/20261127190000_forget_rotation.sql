-- Descriptions of providers no longer say whether refresh tokens rotate: nothing asked for it.

UPDATE connectors
SET oauth_config = (oauth_config::jsonb #- '{refresh,rotates}')::json
WHERE oauth_config::jsonb #> '{refresh,rotates}' IS NOT NULL;

-- the oldest of alice's working connections has the connector's prefix, and each other one its label
DO $$
DECLARE
    found text[] := ARRAY(
        SELECT tool_prefix FROM user_connections
        WHERE connector_id = '00000000-0000-7000-8000-0000000000ca' AND status <> 'revoked' ORDER BY id
    );
BEGIN
    ASSERT found = ARRAY['hers', 'hers-pending', 'hers-revoked', 'hers-blocked'], found::text;
END $$;
